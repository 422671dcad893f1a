// Elements that are drawn anew wait for the pointer that is pressed on them.

/**
 * Puts off what draws a host's elements anew while a pointer is pressed on one of them. Without the element that was
 * pressed, the browser has nobody to tell of the click when the pointer is released.
 * @param {HTMLElement} host
 * @param {() => void} draw
 * @returns {() => void} draws at once, or when the pointer is released
 */
export function undisturbed(host, draw) {
  let isPressed = false;
  let isWanted = false;
  const release = () => {
    if (!isPressed) return;
    isPressed = false;
    // The click comes first.
    setTimeout(() => {
      if (isWanted && !isPressed) drawNow();
    });
  };
  const drawNow = () => {
    isWanted = false;
    draw();
  };
  host.addEventListener("pointerdown", ({ button }) => (isPressed = button === 0), { capture: true });
  // A menu may keep the release for itself.
  for (const kind of ["pointerup", "pointercancel", "contextmenu", "blur"]) window.addEventListener(kind, release, { capture: true });
  // So does a scroll bar; the next move tells.
  window.addEventListener("pointermove", ({ buttons }) => buttons === 0 && release(), { capture: true });
  return () => {
    if (isPressed) isWanted = true;
    else drawNow();
  };
}
