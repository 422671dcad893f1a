//! Measuring, boxes with their statistics, and saving what is seen.

use crate::profiles::page_of;
use crate::views::early_and_late;
use crate::*;

/// The rows of what is measured.
fn measured(browser: &mut Browser) -> Vec<String> {
    let rows = browser.eval(
        "[...document.querySelectorAll('#measured tbody tr')].map(row => [...row.cells].map(cell => cell.textContent).join(' | '))",
    );
    serde_json::from_value(rows).unwrap()
}

#[test]
fn a_box_has_the_regions_calls_and_times_of_its_rows() {
    let (mut browser, page, _directory) = open!(known());
    let from = place(&mut browser, "solve", 1, 25.0 * MS);
    let to = place(&mut browser, "inner", 0, 45.0 * MS);
    browser.drag(from, to, 8);
    let found = measured(&mut browser);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0], "solve | 1 | 20.0 ms | 100 % | 1");
    assert!(
        found[1].starts_with("inner | 2 | 10.0 ms | 50 % | 1"),
        "{found:?}"
    );
    let facts = browser.text("document.querySelector('#measured .facts').textContent");
    assert!(
        facts.contains("Rows2 of 7") && facts.contains("Calls3"),
        "{facts}"
    );
    // The link has it, and Esc lets go.
    browser.reload(&page);
    assert_eq!(measured(&mut browser), found);
    browser.key("Escape");
    assert_eq!(measured(&mut browser), Vec::<String>::new());
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn two_calls_are_measured_from_edge_to_edge_by_keyboard() {
    let (mut browser, ..) = open!(known(), Look::default(), "#pin=inner&view=measured");
    browser.key("n");
    browser.key("[");
    browser.key("n");
    browser.key("n");
    browser.key("]");
    assert_eq!(
        browser.eval("scopeProfiler.view.measured.join()"),
        "20000000,50000000"
    );
    assert_eq!(
        browser.text("document.getElementById('spoken').textContent"),
        "Measured: 30.0 ms"
    );
    let found = measured(&mut browser);
    assert!(
        found[0].starts_with("solve | 2 | 60.0 ms | 100 % | 2"),
        "{found:?}"
    );
}

#[test]
fn what_is_seen_is_saved_as_picture_and_table() {
    let (mut browser, ..) = open!(known(), Look::default(), "#t0=0&t1=50000000");
    let directory = tempfile::tempdir().unwrap();
    browser.save_to(directory.path());
    let save = |browser: &mut Browser, button: &str, name: &str| {
        browser.key("e");
        let button = browser.middle_of(button);
        browser.click(button);
        assert_eq!(browser.saved(), name);
        std::fs::read(directory.path().join(name)).unwrap()
    };
    let png = save(&mut browser, "#save-png", "known-run-timeline.png");
    // Each bar is there in its colour, and what is between them.
    let mut decoder = png::Decoder::new(png.as_slice());
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut picture = decoder.read_info().unwrap();
    let mut pixels = vec![0; picture.output_buffer_size()];
    picture.next_frame(&mut pixels).unwrap();
    let (info, samples) = (picture.info(), picture.output_color_type().0.samples());
    let width = info.width as usize;
    assert_eq!(
        width as f64,
        browser.number("document.getElementById('canvas').width")
    );
    // Above the timeline stands what it is of.
    let above = f64::from(info.height) - browser.number("document.getElementById('canvas').height");
    assert!((20.0..120.0).contains(&above), "{above}");
    let corner = browser.eval("(b => [b.x, b.y])(document.getElementById('canvas').getBoundingClientRect())");
    for (region, rank, ms) in [
        ("setup", 1, 5.0),
        ("solve", 0, 5.0),
        ("solve", 0, 15.0),
        ("inner", 1, 45.0),
    ] {
        let at = place(&mut browser, region, rank, ms * MS);
        let [x, y] = [
            at.0 - corner[0].as_f64().unwrap(),
            at.1 - corner[1].as_f64().unwrap(),
        ]
        .map(f64::round);
        let first = ((y + above) as usize * width + x as usize) * samples;
        assert_eq!(
            pixels[first..first + 3],
            pixel(&mut browser, at)[..3],
            "{region} at {ms}"
        );
    }
    let csv = save(&mut browser, "#save-csv", "known-run-regions.csv");
    let csv = String::from_utf8(csv).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert!(
        lines[0].starts_with("region,calls,inclusive_ns,exclusive_ns,mean_ns,"),
        "{csv}"
    );
    assert!(
        lines[1].starts_with("solve,2,140000000,100000000,70000000,"),
        "{csv}"
    );
    assert!(lines[1].ends_with(",2,80000000"), "in view: {csv}");
    let svg = save(&mut browser, "#save-svg", "known-run-timeline.svg");
    let svg = String::from_utf8(svg).unwrap();
    assert!(svg.contains(">solve</text>") && svg.contains("xmlns="), "{svg}");

    // As wide in the picture as on the screen: the bars of `solve` begin at a fifth of the window.
    let path = directory.path().join("picture.html");
    std::fs::write(
        &path,
        format!(
            "<!doctype html><body style='margin:0'>{}",
            svg.split_once("?>").unwrap().1
        ),
    )
    .unwrap();
    let (start, end) = (
        place(&mut browser, "solve", 0, 10.0 * MS),
        place(&mut browser, "solve", 0, 50.0 * MS),
    );
    let left = browser.number("document.getElementById('canvas').getBoundingClientRect().left");
    browser.open(&path, "");
    let widest = browser.eval(
        "(boxes => [Math.min(...boxes.map(b => b.left)), Math.max(...boxes.map(b => b.right))])(\
         [...document.querySelectorAll('path[fill=\"rgb(230, 159, 0)\"]')].map(p => p.getBoundingClientRect()))",
    );
    assert_near(widest[0].as_f64().unwrap(), start.0 - left, 1.5);
    assert_near(widest[1].as_f64().unwrap(), end.0 - left, 1.5);

    // Of other views what they show: here of a window.
    let (_of_page, page) = page_of(&early_and_late());
    let mut saved = |fragment: &str, button: &str, name: &str| {
        browser.open(&page, fragment);
        String::from_utf8(save(&mut browser, button, name)).unwrap()
    };
    let window = "t0=30000000&t1=65000000";
    let tree = saved(
        &format!("#view=tree&{window}"),
        "#save-csv",
        "profile-call-tree.csv",
    );
    assert_eq!(
        tree.lines().collect::<Vec<_>>(),
        [
            "path,region,depth,calls,inclusive_ns,exclusive_ns,mean_ns",
            "main,main,0,1,35000000,10000000,35000000",
            "main > early,early,1,1,10000000,10000000,10000000",
            "main > late,late,1,1,15000000,10000000,15000000",
            "main > late > inner,inner,2,1,5000000,5000000,5000000",
        ]
    );
    let measured = saved(
        "#view=measured&ruler=30000000,65000000",
        "#save-csv",
        "profile-measured.csv",
    );
    assert_eq!(
        measured.lines().take(3).collect::<Vec<_>>(),
        [
            "region,from_ns,to_ns,calls,time_ns,ranks",
            "main,30000000,65000000,1,35000000,1",
            "late,30000000,65000000,1,15000000,1",
        ]
    );
    let flame = saved(
        &format!("#view=flame&{window}"),
        "#save-view",
        "profile-flame.svg",
    );
    assert_eq!(flame.matches("<rect").count(), 1 + 5, "{flame}");
    assert!(flame.contains(">late · 15.0 ms</text>"), "{flame}");
    let below = saved(
        &format!("#view=flame&{window}"),
        "#save-csv",
        "profile-call-tree.csv",
    );
    assert_eq!(below, tree);
    // Of a sandwich both sides, and only what there is.
    let sandwich = format!("#view=sandwich&pin=late&{window}");
    let both = saved(&sandwich, "#save-view", "profile-sandwich.svg");
    for text in [
        "Called from",
        "main · 15.0 ms",
        "Calls",
        "late · 15.0 ms",
        "inner · 5.00 ms",
    ] {
        assert!(both.contains(&format!(">{text}</text>")), "{text}: {both}");
    }
    assert_eq!(both.matches("<rect").count(), 1 + 3, "{both}");
    let table = saved(&sandwich, "#save-csv", "profile-sandwich.csv");
    assert_eq!(
        table.lines().skip(1).collect::<Vec<_>>(),
        [
            "main > late,main,-1,1,15000000,10000000",
            "late,late,0,1,15000000,10000000",
            "late > inner,inner,1,1,5000000,5000000",
        ]
    );
    let outermost = saved("#view=sandwich&pin=main", "#save-view", "profile-sandwich.svg");
    assert!(!outermost.contains("Called from"), "{outermost}");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn on_paper_the_whole_run_stands_in_light_colours_without_controls() {
    let (mut browser, ..) = open!(
        grid(8, 12, 20, |i| format!("region_{i}")),
        Look {
            dark: true,
            ..Look::default()
        },
        "#t0=0&t1=90000"
    );
    browser.eval(
        "addEventListener('beforeprint', () => { const { t0, t1, span } = scopeProfiler.view; \
         const s = document.getElementById('scroller'); \
         window.printed = { whole: t0 === 0 && t1 === span, unseen: s.scrollHeight - s.clientHeight, \
         scheme: document.documentElement.dataset.scheme, \
         paper: [...document.getElementById('canvas').getContext('2d').getImageData(1, 1, 1, 1).data] }; })",
    );
    let pdf = browser.print();
    assert!(pdf.starts_with(b"%PDF"));
    let printed = browser.eval("window.printed");
    assert_eq!(printed["whole"], true);
    assert_eq!(printed["scheme"], "light");
    assert_eq!(printed["paper"], serde_json::json!([255, 255, 255, 255]));
    assert!(
        printed["unseen"].as_f64().unwrap() < 1.0,
        "all lanes are on the paper: {printed}"
    );
    let (t0, t1) = window(&mut browser);
    assert_eq!((t0, t1), (0.0, 90_000.0), "afterwards all is as before");
    assert_eq!(browser.text("document.documentElement.dataset.scheme"), "dark");
    let controls = "['#toolbar', '#splitter', '#tabs', '#tooltip', 'input', 'select'].filter(one => document.querySelector(one)?.checkVisibility())";
    assert_ne!(browser.eval(controls), serde_json::json!([]));
    browser.look_as_printed();
    assert_eq!(browser.eval(controls), serde_json::json!([]));
    let wide = browser.eval("document.querySelector('#statistics table').checkVisibility()");
    assert_eq!(wide, true, "the numbers stand there too");
}

#[test]
fn on_paper_all_runs_that_are_together_stand_whole() {
    let run = |ranks| solver_run(ranks, 2, 6).profile().build();
    let (before, after) = (run(1), run(4));
    let (_directory, path) = runs_page(&before, &after);
    let look = Look {
        dark: true,
        width: 900,
        height: 600,
        ..Look::default()
    };
    let Some(mut browser) = Browser::start(look) else {
        return;
    };
    browser.open(&path, "");
    browser.until("window.scopeProfilerTogether?.settled");
    browser.eval(
        "addEventListener('beforeprint', () => { window.printed = [...document.querySelectorAll('.run')].map(run => { \
         const page = run.querySelector('iframe').contentDocument, scroller = page.getElementById('scroller'); \
         return { scheme: page.documentElement.dataset.scheme, unseen: scroller.scrollHeight - scroller.clientHeight, \
         room: parseFloat(run.style.getPropertyValue('--paper-height')) - scroller.clientHeight }; }); })",
    );
    let pdf = browser.print();
    assert!(pdf.starts_with(b"%PDF"));
    let printed = browser.eval("window.printed");
    for run in printed.as_array().unwrap() {
        assert_eq!(run["scheme"], "light");
        assert!(
            run["unseen"].as_f64().unwrap() < 1.0 && run["room"].as_f64().unwrap() > 40.0,
            "{run}"
        );
    }
    assert_eq!(printed.as_array().unwrap().len(), 2);
    let schemes = "[document, ...[...document.querySelectorAll('iframe')].map(one => one.contentDocument)].map(one => one.documentElement.dataset.scheme).join()";
    assert_eq!(
        browser.text(schemes),
        "dark,dark,dark",
        "afterwards all is as before"
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
