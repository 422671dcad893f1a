//! Pictures for people to look at.

use crate::*;
use scope_profiler::chart::ChartOptions;
use scope_profiler::profile::{Call, Profile};
use scope_profiler::{PlotOptions, plot_gantt};

#[test]
#[ignore = "makes pictures for people: PAGE_SCREENSHOTS=dir cargo test --test page gallery -- --ignored"]
fn gallery() {
    let Some(mut browser) = Browser::start(Look {
        ratio: 1.0,
        ..Look::default()
    }) else {
        return;
    };
    let (_dir, page) = save(&solver(4, 2, 24));
    browser.open(&page, "");
    browser.screenshot("light");
    browser.open(&page, "#t0=10000000&t1=14000000&pin=solve");
    browser.screenshot("zoomed");
    browser.open(&page, "#t0=10000000&t1=14000000");
    let at = browser.eval("scopeProfiler.locate('assemble', 1, 11500000)");
    browser.hover((at["x"].as_f64().unwrap(), at["y"].as_f64().unwrap()));
    browser.screenshot("tooltip");
    browser.open(&page, "#by=rank");
    browser.screenshot("by-rank");
    browser.open(&page, "#by=thread&t0=10000000&t1=14000000");
    browser.screenshot("by-thread");
    browser.key("?");
    browser.screenshot("help");
    browser.look(Look {
        dark: true,
        ..Look::default()
    });
    browser.open(&page, "#by=thread&search=cg");
    browser.key("n");
    browser.screenshot("next-dark");
    browser.open(&page, "#t0=10000000&t1=19000000");
    browser.drag((600.0, 200.0), (800.0, 220.0), 8);
    browser.screenshot("dark");
    browser.look(Look::default());
    let (_dir, page) = save(&grid(64, 20, 40, |i| format!("region_{i}")));
    browser.open(&page, "");
    browser.screenshot("many-lanes");
    browser.wheel((40.0, 300.0), 400.0);
    browser.hover((700.0, 300.0));
    browser.screenshot("many-lanes-scrolled");
    let (_dir, page) = save(&grid(2, 5, 9, |i| {
        format!("{i} {}", "solver::krylov::conjugate_gradient::".repeat(6))
    }));
    browser.open(&page, "");
    browser.screenshot("long-names");
    let (_dir, page) = save(&grid(1, 1, 1, |_| "only".into()));
    browser.open(&page, "");
    browser.screenshot("one");
    let (_dir, page) = save(&(GanttChart::default(), PageData::default()));
    browser.open(&page, "");
    browser.screenshot("empty");
    let (_dir, page) = save(&grid(8, 25, 1000, |i| format!("region_{i}")));
    browser.open(&page, "");
    browser.screenshot("200k");
    browser.open(&page, "#search=nothing-like-it");
    browser.screenshot("no-match");
    let (mut chart, data) = grid(8, 25, 1000, |i| format!("region_{i}"));
    merge(&mut chart, 2000);
    let (_dir, page) = save(&(chart, data));
    browser.open(&page, "");
    browser.screenshot("merged");
    browser.open(&page, "#t0=180000000&t1=180900000");
    browser.hover((700.0, 300.0));
    browser.screenshot("merged-zoomed");
    browser.look(Look {
        width: 820,
        height: 620,
        ratio: 2.0,
        ..Look::default()
    });
    let (_dir, page) = save(&solver(2, 8, 20));
    browser.open(&page, "#t0=9000000&t1=12000000&pin=stencil+kernel");
    browser.screenshot("small-2x");
    browser.look(Look {
        width: 390,
        height: 760,
        ..Look::default()
    });
    browser.open(&page, "");
    browser.screenshot("phone");
    browser.look(Look {
        width: 1900,
        height: 1100,
        ..Look::default()
    });
    browser.open(&page, "#by=rank&t0=9000000&t1=12000000");
    browser.screenshot("large");
    browser.look(Look::default());
    let names = hostile_names();
    let (_dir, page) = save(&grid(1, names.len(), 3, |i| names[i].clone()));
    browser.open(&page, "");
    browser.screenshot("hostile");
    let (_dir, page) = save(&grid(8, 25, 1000, |i| format!("region_{i}")));
    browser.open(&page, "");
    let opened = browser.eval("(t => [t.responseEnd, t.domInteractive, t.loadEventEnd])(performance.getEntriesByType('navigation')[0])");
    let frames = browser.eval(
        "(async () => { const c = document.getElementById('canvas'); const times = []; \
         for (let i = 0; i < 90; i++) { const t = performance.now(); \
         c.dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true, clientX: 700, clientY: 300, deltaY: i < 45 ? -20 : 20 })); \
         await new Promise(requestAnimationFrame); times.push(performance.now() - t); } \
         times.sort((a, b) => a - b); return { median: times[45], worst: times[89] }; })()",
    );
    println!(
        "200 000 bars: {} bytes, opened {opened} ms, frame while zooming {frames} ms",
        page.metadata().unwrap().len()
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// Pages of profiles, small and large, to look at while their scripts change.
#[test]
#[ignore = "writes pages for people: PAGE_SAMPLES=dir cargo test --test page write_samples -- --ignored"]
fn write_samples() {
    let directory = std::path::PathBuf::from(std::env::var_os("PAGE_SAMPLES").expect("PAGE_SAMPLES is set"));
    let write = |name: &str, profile: &Profile| {
        let options = PlotOptions::new().filepath(directory.join(name).with_extension("html"));
        plot_gantt(profile, &options.chart(ChartOptions::new().title(name))).unwrap();
    };
    write("solver", &solver_run(4, 2, 24).profile().build());
    write("ranks-64", &solver_run(64, 1, 12).profile().build());
    write("ranks-256", &solver_run(256, 1, 6).profile().build());
    write(
        "one",
        &Profile::builder().interval(Call::new("only", 0..5_000)).build(),
    );
    write("many-regions", &profiles::large_profile());
    write("nested", &profiles::nested_profile());
    write("futures", &profiles::futures());
}
