//! How fast a page is, from a server or a file, for people: it depends on the machine.

use crate::browser::{Browser, Look};

/// Zooms in and out again and moves to and fro, a step each frame, and gives how long a frame took: the median, the 95th
/// percentile and the longest, ms.
const MOVES: &str = "(async () => {
    const canvas = document.getElementById('canvas'), box = canvas.getBoundingClientRect();
    const frame = () => new Promise(requestAnimationFrame);
    const [x, y] = [box.x + box.width * 0.6, box.y + 60];
    const wheel = deltaY => canvas.dispatchEvent(new WheelEvent('wheel', { deltaY, clientX: x, clientY: y, bubbles: true, cancelable: true }));
    const pointer = (type, dx) => canvas.dispatchEvent(new PointerEvent(type, { pointerId: 1, button: 0, buttons: type === 'pointerup' ? 0 : 1, clientX: x + dx, clientY: y, bubbles: true }));
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
    pointer('pointerdown', 0);
    const panning = await measure(240, i => pointer('pointermove', 300 * Math.sin(i / 19)));
    pointer('pointerup', 0);
    return { zooming, panning };
})()";

#[test]
#[ignore = "measures: PAGE_LINK=... cargo test --test page frames -- --ignored --nocapture"]
fn frames_while_zooming_and_panning() {
    let Some(link) = std::env::var("PAGE_LINK").ok() else {
        return;
    };
    let Some(mut browser) = Browser::start(Look {
        motion: true,
        ..Look::default()
    }) else {
        return;
    };
    browser.open_address(&link);
    let paint = browser.eval(
        "performance.getEntriesByType('paint').map(one => [one.name, Math.round(one.startTime)]).join('; ') + \
         '; script done ' + Math.round(performance.getEntriesByType('navigation')[0].loadEventEnd)",
    );
    println!("{paint}");
    for _ in 0..3 {
        println!(
            "ms a frame (median, 95th percentile, longest): {}",
            browser.eval(MOVES)
        );
    }
    println!("{}", browser.text("JSON.stringify(scopeProfiler.view)"));
    browser.screenshot("frames");
}
