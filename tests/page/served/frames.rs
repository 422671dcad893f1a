//! How fast a served page is, for people: it depends on the machine.

use crate::browser::{Browser, Look};

/// Zooms in and out again, a step each frame, and gives how long a frame took: the median and the longest, ms.
const ZOOMS: &str = "(async () => {
    const canvas = document.getElementById('canvas'), box = canvas.getBoundingClientRect();
    const frame = () => new Promise(requestAnimationFrame);
    const took = [];
    let before = await frame();
    for (let i = 0; i < 240; i++) {
        const deltaY = i < 120 ? -60 : 60;
        canvas.dispatchEvent(new WheelEvent('wheel', { deltaY, clientX: box.x + box.width * 0.6, clientY: box.y + 60, bubbles: true, cancelable: true }));
        const now = await frame();
        took.push(now - before);
        before = now;
    }
    took.sort((a, b) => a - b);
    return [took[120], took[228], took[239]];
})()";

#[test]
#[ignore = "measures: SERVED_LINK=... cargo test --test page frames -- --ignored --nocapture"]
fn frames_while_zooming() {
    let Some(link) = std::env::var("SERVED_LINK").ok() else {
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
        let took = browser.eval(ZOOMS);
        println!("frames while zooming, ms: median, 95th percentile and longest: {took}");
    }
    println!("{}", browser.text("JSON.stringify(scopeProfiler.view)"));
    browser.screenshot("served-frames");
}
