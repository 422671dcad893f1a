// Zooms in and out again and moves to and fro, a step each frame; gives how long a frame took: the median, the 95th
// percentile and the longest, ms.
(async () => {
    const canvas = document.querySelector(CANVAS), box = canvas.getBoundingClientRect();
    const frame = () => new Promise(requestAnimationFrame);
    const [x, y] = [box.x + box.width * 0.6, box.y + Math.min(60, box.height / 2)];
    const wheel = deltaY => canvas.dispatchEvent(new WheelEvent("wheel", { deltaY, clientX: x, clientY: y, ctrlKey: CONTROL, bubbles: true, cancelable: true }));
    const at = (dx, pressed) => ({ pointerId: 1, button: 0, buttons: pressed ? 1 : 0, clientX: x + dx, clientY: y, bubbles: true, cancelable: true });
    const press = (dx, name, pressed) => {
        canvas.dispatchEvent(new PointerEvent(`pointer${name}`, at(dx, pressed)));
        canvas.dispatchEvent(new MouseEvent(`mouse${name}`, at(dx, pressed)));
    };
    const measure = async (steps, step) => {
        const took = [];
        let before = await frame();
        for (let i = 0; i < steps; i++) {
            step(i);
            const now = await frame();
            took.push(now - before);
            before = now;
        }
        took.sort((a, b) => a - b);
        return [took[steps >> 1], took[Math.floor(0.95 * steps)], took[steps - 1]].map(ms => Math.round(10 * ms) / 10);
    };
    const zooming = await measure(240, i => wheel(i < 120 ? -60 : 60));
    for (let i = 0; i < 40; i++) wheel(-60);
    canvas.setPointerCapture = () => undefined;
    press(0, "down", true);
    const panning = await measure(240, i => press(300 * Math.sin(i / 19), "move", true));
    press(0, "up", false);
    return { zooming, panning };
})()
