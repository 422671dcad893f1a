//! Charts as files.

use plotters::prelude::{BitMapBackend, IntoDrawingArea, SVGBackend};
use scope_profiler::chart::{
    CHARTS, ChartOptions, Color, DurationsChart, FlameGraph, GanttChart, Palette, RankHeatmap, list,
};
use scope_profiler::plot::{PlotOptions, draw_on, plot_durations, plot_gantt, save};
use scope_profiler::profile::{Call, Profile, Sample, Source};
use scope_profiler::render::Figure;
use scope_profiler::{RegionFilter, Result};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn solver(ranks: u32) -> Profile {
    let mut profile = Profile::builder();
    for rank in 0..ranks {
        let offset = i64::from(rank) * 700;
        profile.push(Call::new("main", offset..offset + 900_000).rank(rank));
        for step in 0..80 {
            let start = offset + step * 11_000;
            profile.push(Call::new("step", start..start + 11_000).rank(rank));
            profile.push(
                Call::new("solve", start + 500..start + 9_000)
                    .rank(rank)
                    .thread(1),
            );
            profile.push(
                Call::new("solve", start + 700..start + 9_900)
                    .rank(rank)
                    .thread(2),
            );
        }
    }
    profile.build()
}

/// Draws every chart in every format and returns the files.
fn draw(source: &dyn Source, directory: &Path, name: &str) -> Result<Vec<PathBuf>> {
    let path = |chart: &str, extension: &str| directory.join(format!("{name}.{chart}.{extension}"));
    let options = PlotOptions::new().chart(ChartOptions::new().title(name));
    let mut paths = Vec::new();
    for extension in ["png", "svg"] {
        let (gantt, durations) = (path("gantt", extension), path("durations", extension));
        plot_gantt(source, &options.clone().filepath(&gantt))?;
        plot_durations(source, &options.clone().filepath(&durations))?;
        paths.extend([gantt, durations]);
    }
    Ok(paths)
}

/// Width and height from the first chunk of a PNG file.
fn png_size(path: &Path) -> (u32, u32) {
    let bytes = fs::read(path).unwrap();
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

/// Checks that tags nest, attributes are quoted and text is escaped; returns the texts.
fn svg_texts(path: &Path) -> Vec<String> {
    let document = fs::read_to_string(path).unwrap();
    let is_no_xml = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{fffe}' | '\u{ffff}');
    assert!(!document.contains(is_no_xml), "what XML does not allow");
    let (mut open, mut texts) = (Vec::new(), Vec::new());
    let mut rest = document.as_str();
    while let Some((text, tail)) = rest.split_once('<') {
        assert!(!text.contains('>'), "{text:?}");
        let escapes = text.matches('&').count();
        let known = ["&lt;", "&gt;", "&amp;", "&quot;", "&apos;"];
        assert_eq!(
            escapes,
            known
                .iter()
                .map(|escape| text.matches(escape).count())
                .sum::<usize>()
        );
        if !text.trim().is_empty() {
            texts.push(text.trim().to_owned());
        }
        let (tag, tail) = tail.split_once('>').expect("a tag ends");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else {
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            if !tag.ends_with('/') {
                open.push(tag.split_whitespace().next().unwrap());
            }
        }
        rest = tail;
    }
    assert!(open.is_empty() && rest.trim().is_empty());
    texts
}

/// The pixels of a PNG file: width, height, and three bytes for each.
pub(crate) fn png_pixels(path: &Path) -> (usize, usize, Vec<u8>) {
    let mut decoder = ::png::Decoder::new(fs::File::open(path).unwrap());
    decoder.set_transformations(::png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size()];
    reader.next_frame(&mut pixels).unwrap();
    let info = reader.info();
    (info.width as usize, info.height as usize, pixels)
}

/// How strongly each pixel of the lane of the first region is filled, 0 to 1, along the middle of the lane.
fn first_lane(path: &Path, color: Color) -> Vec<f64> {
    let (width, height, pixels) = png_pixels(path);
    let at = |x: usize, y: usize| [0, 1, 2].map(|i| pixels[3 * (y * width + x) + i]);
    let fill = [color.0, color.1, color.2];
    let row = (0..height)
        .find(|&y| (0..width).any(|x| at(x, y) == fill))
        .expect("a solid pixel of the region");
    // The solid marker ends the lane; what is left of it are the calls.
    (0..width)
        .map(|x| {
            let share = |i: usize| f64::from(255 - at(x, row + 3)[i]) / f64::from(255 - fill[i]);
            let strongest = (0..3).min_by_key(|&i| fill[i]).unwrap();
            share(strongest).clamp(0.0, 1.0)
        })
        .collect()
}

/// Draws calls of one length, with a long one at the end to know the colour by, and gives their lane.
fn lane_of(calls: &[(i64, i64)], end: i64) -> Vec<f64> {
    let mut profile = Profile::builder();
    for &(start, length) in calls {
        profile.push(Call::new("calls", start..start + length));
    }
    profile.push(Call::new("calls", end..end + end / 10));
    let profile = profile.build();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("lane.png");
    plot_gantt(&profile, &PlotOptions::new().filepath(&path)).unwrap();
    let chart = GanttChart::reduce(&profile, &RegionFilter::new(), &ChartOptions::new()).unwrap();
    first_lane(&path, chart.regions[0].color)
}

/// Stretches of filled pixels: how many pixels, how strong.
fn marks(lane: &[f64]) -> Vec<(usize, Vec<u32>)> {
    let strengths: Vec<u32> = lane.iter().map(|&share| (share * 32.0).round() as u32).collect();
    let filled = strengths
        .split(|&strength| strength == 0)
        .filter(|run| !run.is_empty());
    filled.map(|run| (run.len(), run.to_vec())).collect()
}

#[test]
fn calls_of_one_length_are_equally_strong_wherever_they_begin() {
    for length in [1_i64, 700, 1_500, 3_300, 9_000] {
        let calls: Vec<(i64, i64)> = (0..90).map(|i| (i * 33_333, length)).collect();
        let mut marks = marks(&lane_of(&calls, 3_100_000));
        // The grid shines through between the calls: it is grey, and weaker than any call.
        marks.retain(|(_, strengths)| strengths.iter().any(|&strength| strength >= 12));
        marks.pop();
        assert!(marks.len() >= 85, "{length}: {}", marks.len());
        let strongest = |mark: &(usize, Vec<u32>)| *mark.1.iter().max().unwrap();
        let looks: std::collections::BTreeSet<u32> = marks.iter().map(strongest).collect();
        assert_eq!(looks.len(), 1, "{length}: {looks:?}");
    }
}

#[test]
fn a_lane_is_filled_as_far_as_it_is_busy() {
    for (busy, most) in [(0.014, 0.1), (0.25, 0.3), (0.6, 0.65)] {
        let calls: Vec<(i64, i64)> = (0..3_000).map(|i| (i * 1_000, (1_000.0 * busy) as i64)).collect();
        let lane = lane_of(&calls, 3_000_000);
        let last = lane.iter().rposition(|&share| share > 0.99).unwrap();
        let right = last - (last - lane.iter().position(|&share| share > 0.0).unwrap()) / 5;
        let calls = &lane[right - 1_000..right];
        let mean = calls.iter().sum::<f64>() / 1_000.0;
        assert!((busy * 0.9..=most).contains(&mean), "{busy}: {mean}");
    }
}

/// The picture of one region of that name, with fonts from these directories.
fn picture_of(name: &str, fonts: Option<&Path>) -> (usize, usize, Vec<u8>) {
    let profile = Profile::builder().interval(Call::new(name, 0..1_000)).build();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("name.png");
    let mut options = PlotOptions::new().filepath(&path);
    if let Some(fonts) = fonts {
        options = options.font_directories([fonts]);
    }
    plot_gantt(&profile, &options).unwrap();
    png_pixels(&path)
}

/// The dark pixels of the name, without the lane.
fn label(name: &str, fonts: Option<&Path>) -> Vec<bool> {
    let (width, height, pixels) = picture_of(name, fonts);
    let is_dark = |x: usize, y: usize| {
        pixels[3 * (y * width + x)..][..3]
            .iter()
            .all(|&channel| channel < 128)
    };
    let rows = height - 260..height - 130;
    rows.flat_map(|y| (0..400).map(move |x| (x, y)))
        .map(|(x, y)| is_dark(x, y))
        .collect()
}

#[test]
fn without_a_font_names_are_told_apart_by_code_points_and_a_note_says_so() {
    let empty = TempDir::new().unwrap();
    let none = Some(empty.path());
    for (a, b) in [
        ("日本語", "計算機"),
        ("привіт 中", "привіт 文"),
        ("😀", "🦀"),
        ("مرحبا", "שלום"),
    ] {
        assert!(label(a, none) != label(b, none), "{a} and {b}");
        // The note takes a line.
        assert_eq!(picture_of(a, none).1, picture_of("abc", none).1 + 36, "{a}");
    }
    // Nothing is missing for these.
    assert_eq!(picture_of("Größe µ Δ Жук", none).1, picture_of("abc", none).1);
}

#[test]
fn names_are_drawn_with_fonts_of_the_system_that_have_them() {
    let fonts = Path::new("/usr/share/fonts/opentype/noto");
    if !fonts.join("NotoSansCJK-Regular.ttc").exists() {
        eprintln!("no font with Chinese characters is installed here: nothing to try");
        return;
    }
    let empty = TempDir::new().unwrap();
    assert_eq!(
        picture_of("日本語", Some(fonts)).1,
        picture_of("abc", Some(fonts)).1
    );
    assert!(label("日本語", Some(fonts)) != label("計算機", Some(fonts)));
    assert!(label("日本語", Some(fonts)) != label("日本語", Some(empty.path())));
    // A mark on a letter that the embedded font has.
    for fonts in [fonts, empty.path()] {
        assert!(label("xe\u{301}x", Some(fonts)) != label("xex", Some(fonts)));
    }
}

#[test]
fn every_picture_says_what_is_missing_in_the_words_of_the_notes() {
    let mut profile = Profile::builder()
        .dropped(0, "solve", 12)
        .ended_by(1, "SIGSEGV")
        .throttled(1, "solve", 500, 12_000);
    for rank in 0..3 {
        profile.push(Call::new("solve", 0..1_000).rank(rank));
        profile.push(Call::new("other", 0..1_000).rank(rank));
    }
    let profile = profile.build();
    let filter = RegionFilter::new().include(["solve"]).unwrap();
    let notes = scope_profiler::analysis::notes::of(&profile, &filter);
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("gantt.svg");
    plot_gantt(
        &profile,
        &PlotOptions::new().filter(filter.clone()).filepath(&path),
    )
    .unwrap();
    let gantt = svg_texts(&path).join("\n");
    plot_durations(
        &profile,
        &PlotOptions::new().filter(filter.clone()).filepath(&path),
    )
    .unwrap();
    let durations = svg_texts(&path).join("\n");
    let page = directory.path().join("page.html");
    plot_gantt(&profile, &PlotOptions::new().filter(filter).filepath(&page)).unwrap();
    let page = fs::read_to_string(page).unwrap();
    let warnings = notes.iter().filter(|note| note.is_warning());
    assert!(warnings.clone().count() >= 3, "{notes:?}");
    for note in warnings.chain(&notes[..1]) {
        for (picture, text) in [("gantt", &gantt), ("durations", &durations), ("page", &page)] {
            assert!(text.contains(note.text()), "{}: {}", picture, note.text());
        }
    }
}

#[test]
fn every_chart_is_written_in_every_format_and_nothing_else_is_left() {
    let directory = TempDir::new().unwrap();
    let paths = draw(&solver(4), directory.path(), "solver").unwrap();
    assert!(paths.iter().all(|path| path.is_file()));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), paths.len());
}

#[test]
fn the_same_profile_gives_the_same_bytes() {
    let (one, two) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let first = draw(&solver(3), one.path(), "run").unwrap();
    let second = draw(&solver(3), two.path(), "run").unwrap();
    for (a, b) in first.iter().zip(&second) {
        assert!(fs::read(a).unwrap() == fs::read(b).unwrap(), "{}", a.display());
    }
}

#[test]
fn svg_says_in_text_what_the_chart_shows() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("gantt.svg");
    plot_gantt(
        &solver(2),
        &PlotOptions::new()
            .chart(ChartOptions::new().title("weak scaling"))
            .filepath(&path),
    )
    .unwrap();
    let texts = svg_texts(&path);
    let has = |wanted: &str| texts.iter().any(|text| text == wanted);
    assert!(
        has("weak scaling") && has("solve") && has("rank") && has("thread"),
        "{texts:?}"
    );
    assert!(
        has("2 ranks × 3 threads  ·  482 intervals  ·  901 µs wall time"),
        "{texts:?}"
    );
    assert!(texts.iter().any(|text| text.contains("(µs)")));
}

#[test]
fn hard_names_are_drawn() {
    let names = [
        "",
        ".",
        "a/b",
        "a & b <c> \"d\" 'e'",
        "two\nlines",
        " ",
        "nul\0 tab\t esc\u{1b}[31m",
        "no character \u{ffff}",
        "日本語 emoji 🦀 µ é",
        "\u{202e}reversed",
        &"long::".repeat(60),
    ];
    // Notes have names in them as well.
    let mut profile = Profile::builder().open(0, "open\u{1b}[31m\n\u{fffe}", 1);
    for (index, name) in names.iter().enumerate() {
        profile.push(Call::new(name, index as i64 * 100..index as i64 * 101 + 50));
    }
    let directory = TempDir::new().unwrap();
    let paths = draw(&profile.build(), directory.path(), "names").unwrap();
    for path in paths
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "svg"))
    {
        let texts = svg_texts(path);
        assert!(texts.contains(&"two\\nlines".to_owned()), "{texts:?}");
        assert!(
            texts.contains(&"a &amp; b &lt;c&gt; &quot;d&quot; &apos;e&apos;".to_owned()),
            "{texts:?}"
        );
        for blank in ["&quot;&quot;", "&quot; &quot;"] {
            assert!(texts.contains(&blank.to_owned()), "{texts:?}");
        }
        assert!(texts.iter().all(|text| text.chars().count() < 120));
    }
}

#[test]
fn a_thousand_lanes_fit_on_a_page() {
    let mut profile = Profile::builder();
    for rank in 0..64 {
        for region in 0..20 {
            let start = i64::from(region) * 1_000;
            profile.push(
                Call::new(&format!("region {region}"), start..start + i64::from(rank) * 100).rank(rank),
            );
        }
    }
    let directory = TempDir::new().unwrap();
    let paths = draw(&profile.build(), directory.path(), "lanes").unwrap();
    let (width, height) = png_size(&paths[0]);
    assert_eq!(width, 3200);
    assert!((2000..=4800).contains(&height), "{height}");
}

#[test]
fn many_regions_fit_on_a_page() {
    let mut profile = Profile::builder();
    for region in 0..2_000 {
        profile.push(Call::new(
            &format!("region {region}"),
            region * 10..region * 10 + 9,
        ));
        profile.push(Call::new(&format!("region {region}"), region * 10..region * 10 + 9).rank(1));
    }
    let directory = TempDir::new().unwrap();
    for path in draw(&profile.build(), directory.path(), "regions").unwrap() {
        if path.extension().is_some_and(|extension| extension == "png") {
            assert!(png_size(&path).1 <= 4800, "{}", path.display());
        }
    }
}

#[test]
fn a_vector_picture_stays_small_however_busy_the_lanes() {
    let mut profile = Profile::builder();
    for rank in 0..100 {
        for call in 0..3_000 {
            profile.push(Call::new("busy", call * 1_000 + i64::from(rank)..call * 1_000 + 400).rank(rank));
        }
    }
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("busy.svg");
    plot_gantt(&profile.build(), &PlotOptions::new().filepath(&path)).unwrap();
    svg_texts(&path);
    let bytes = fs::metadata(&path).unwrap().len();
    assert!(bytes < 10_000_000, "{bytes}");
}

#[test]
fn extreme_times_are_drawn() {
    let directory = TempDir::new().unwrap();
    let one = |start, end| Profile::builder().interval(Call::new("a", start..end)).build();
    for (index, (start, end)) in [
        (0, 0),
        (5, 1),
        (i64::MIN, i64::MAX),
        (i64::MAX, i64::MAX),
        (i64::MIN, i64::MIN),
        (0, 1),
    ]
    .into_iter()
    .enumerate()
    {
        draw(&one(start, end), directory.path(), &format!("extreme {index}")).unwrap();
    }
}

#[test]
fn an_unknown_extension_names_the_known_ones() {
    let error = plot_gantt(&solver(1), &PlotOptions::new().filepath("gantt.jpeg")).unwrap_err();
    let text = error.to_string();
    assert!(error.is_config());
    assert!(
        text.contains("gantt.jpeg") && text.contains(".png") && text.contains(".svg"),
        "{text}"
    );
}

#[test]
fn a_path_that_cannot_be_written_is_named_in_one_line() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("no such directory/gantt.png");
    let error = plot_gantt(&solver(1), &PlotOptions::new().filepath(&path)).unwrap_err();
    assert!(error.is_io());
    assert!(
        error.to_string().contains("no such directory/gantt.png"),
        "{error}"
    );
    assert!(!error.to_string().contains('\n'));

    let taken = directory.path().join("taken.png");
    fs::create_dir(&taken).unwrap();
    let error = plot_gantt(&solver(1), &PlotOptions::new().filepath(&taken)).unwrap_err();
    assert!(error.to_string().contains("is a directory"), "{error}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn charts_that_cannot_fit_are_refused_and_keep_the_old_picture() {
    let mut profile = Profile::builder();
    for region in 0..6_000 {
        profile.push(Call::new(&format!("region {region}"), region..region + 1));
    }
    let profile = profile.build();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("chart.png");
    fs::write(&path, "old").unwrap();

    let options = ChartOptions::new().max_lanes(100_000).max_regions(100_000);
    let chart = GanttChart::reduce(&profile, &RegionFilter::new(), &options).unwrap();
    let error = save(&chart, &path).unwrap_err();
    assert!(error.to_string().contains("6000 lanes do not fit"), "{error}");

    let options = ChartOptions::new().max_bars(100_000);
    let chart = DurationsChart::reduce(&profile, &RegionFilter::new(), &options).unwrap();
    let error = save(&chart, path.with_extension("svg")).unwrap_err();
    assert!(error.to_string().contains("6000 bars do not fit"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
}

#[test]
fn emoji_are_drawn_in_their_colours() {
    let fonts = Path::new("/usr/share/fonts/truetype/noto");
    if !fonts.join("NotoColorEmoji.ttf").exists() {
        eprintln!("no font with coloured emoji is installed here: nothing to try");
        return;
    }
    let (width, height, pixels) = picture_of("🦀", Some(fonts));
    let colored = (height - 260..height - 130)
        .flat_map(|y| (0..110).map(move |x| (x, y)))
        .filter(|&(x, y)| {
            let pixel = &pixels[3 * (y * width + x)..][..3];
            pixel[0].abs_diff(pixel[2]) > 60
        });
    assert!(colored.count() > 50);
}

/// A chart on a drawing area of Plotters: its pixels.
fn on_area(figure: &dyn Figure, width: u32, height: u32) -> Vec<u8> {
    let mut pixels = vec![7; (width * height * 3) as usize];
    let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
    draw_on(figure, &area).unwrap();
    area.present().unwrap();
    drop(area);
    pixels
}

fn charts_of(profile: &Profile) -> [Box<dyn Figure>; 2] {
    let (everything, options) = (RegionFilter::new(), ChartOptions::new());
    [
        Box::new(GanttChart::reduce(profile, &everything, &options).unwrap()),
        Box::new(DurationsChart::reduce(profile, &everything, &options).unwrap()),
    ]
}

#[test]
fn an_area_as_large_as_a_file_shows_what_the_file_shows() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("chart.png");
    let profile = solver(3);
    for chart in charts_of(&profile) {
        save(&*chart, &path).unwrap();
        let (width, height, pixels) = png_pixels(&path);
        let drawn = on_area(&*chart, width as u32, height as u32);
        for name in ["main", "step", "solve"] {
            let color = color_of(&profile, name);
            let filled = |pixels: &[u8]| pixels.chunks(3).filter(|pixel| *pixel == color).count() as f64;
            let ratio = filled(&drawn) / filled(&pixels);
            // An area leaves more room for text, whatever its fonts, and less for bars.
            assert!((0.9..=1.0).contains(&ratio), "{name}: {ratio}");
        }
    }
}

fn color_of(profile: &Profile, name: &str) -> [u8; 3] {
    let index = profile.names().iter().position(|known| known == name).unwrap();
    let Color(r, g, b) = Palette::of(profile).unwrap().color(index);
    [r, g, b]
}

#[test]
fn a_chart_fits_into_its_part_of_an_area_and_leaves_the_others_alone() {
    for chart in charts_of(&solver(2)) {
        for (width, height) in [(1600, 1200), (800, 600), (300, 200), (1000, 160), (240, 900)] {
            let mut pixels = vec![7; width * height * 3];
            {
                let area = BitMapBackend::with_buffer(&mut pixels, (width as u32, height as u32))
                    .into_drawing_area();
                let parts = area.split_evenly((2, 2));
                draw_on(&*chart, &parts[3]).unwrap();
                area.present().unwrap();
            }
            let at = |x: usize, y: usize| &pixels[3 * (y * width + x)..][..3];
            let is_drawn = |x: usize, y: usize| at(x, y) != [7; 3];
            for y in 0..height {
                for x in 0..width {
                    let is_inside = x >= width / 2 && y >= height / 2;
                    assert_eq!(is_drawn(x, y), is_inside, "{width} × {height}: {x}, {y}");
                }
            }
            let inks: std::collections::BTreeSet<_> = pixels.chunks(3).collect();
            assert!(inks.len() > 10, "{width} × {height}");
        }
    }
}

#[test]
fn an_area_of_any_backend_takes_a_chart_with_axes_of_its_own() {
    for chart in charts_of(&solver(2)) {
        let mut document = String::new();
        {
            let area = SVGBackend::with_string(&mut document, (900, 700)).into_drawing_area();
            let area = area.apply_coord_spec(plotters::coord::Shift((0, 0)));
            draw_on(&*chart, &area.margin(20, 20, 30, 30)).unwrap();
            area.present().unwrap();
        }
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("area.svg");
        fs::write(&path, document).unwrap();
        let texts = svg_texts(&path);
        for name in ["main", "step", "solve"] {
            assert!(texts.iter().any(|text| text == name), "{texts:?}");
        }
    }
}

#[test]
fn an_area_without_room_is_refused() {
    for chart in charts_of(&solver(2)) {
        let mut pixels = vec![7; 40 * 4 * 3];
        let area = BitMapBackend::with_buffer(&mut pixels, (40, 4)).into_drawing_area();
        let error = draw_on(&*chart, &area).unwrap_err();
        assert!(error.to_string().contains("40 × 4 pixels"), "{error}");
    }
}

/// A chart of the list, drawn as SVG.
fn svg_of(chart: &str, profile: &Profile, directory: &TempDir) -> PathBuf {
    let chart = list::by_name(chart).unwrap();
    let figure = chart
        .reduce(profile, &RegionFilter::new(), &ChartOptions::new())
        .unwrap();
    let path = directory.path().join("chart.svg");
    save(&*figure, &path).unwrap();
    path
}

/// Its texts.
fn texts_of(chart: &str, profile: &Profile) -> Vec<String> {
    let directory = TempDir::new().unwrap();
    svg_texts(&svg_of(chart, profile, &directory))
}

#[test]
fn a_rank_has_one_colour_in_all_counters() {
    let mut profile = Profile::builder();
    for rank in 0..2 {
        profile.push(Call::new("solve", 0..1_000).rank(rank));
        profile.push_sample(rank, "particles", Sample::new(100, i64::from(rank) + 1));
    }
    profile.push_sample(1, "energy", Sample::new(100, 7));
    let directory = TempDir::new().unwrap();
    let path = svg_of("counters", &profile.build(), &directory);
    let svg = fs::read_to_string(&path).unwrap();
    // Rectangles from top to bottom: `energy`, `particles`, and what the colours stand for.
    let colors = |part: &str| -> Vec<String> {
        let fills = part.split("fill=\"").skip(1).map(|rest| rest[..7].to_owned());
        fills
            .filter(|fill| RANK_COLORS.contains(&fill.as_str()))
            .collect()
    };
    let (energy, rest) = svg.split_at(svg.find(">\nenergy\n").unwrap());
    let (particles, key) = rest.split_at(rest.find(">\nparticles\n").unwrap());
    assert_eq!(colors(energy), [RANK_COLORS[1]]);
    assert_eq!(colors(particles), RANK_COLORS);
    assert_eq!(colors(key), RANK_COLORS);
    let texts = svg_texts(&path);
    assert!(!texts.contains(&"\"\"".to_owned()), "no unit, no text: {texts:?}");
}

/// Those of the first and the second rank of several.
const RANK_COLORS: [&str; 2] = ["#0072B2", "#E69F00"];

#[test]
fn every_chart_of_the_list_draws_every_profile_or_says_why_not() {
    let mut narrow = Profile::builder();
    for region in 0..700 {
        narrow.push(
            Call::new(
                &format!("region::{region}"),
                region * 9..region * 9 + 1 + region % 7,
            )
            .rank(region as u32 % 5),
        );
    }
    let mut deep = Profile::builder();
    for depth in 0..300 {
        deep.push(Call::new(&format!("level {depth}"), depth..10_000 - depth));
    }
    let one = Profile::builder().interval(Call::new(&"x".repeat(3_000), 0..1));
    let directory = TempDir::new().unwrap();
    for profile in [solver(1), solver(9), narrow.build(), deep.build(), one.build()] {
        for chart in CHARTS {
            let figure = match chart.reduce(&profile, &RegionFilter::new(), &ChartOptions::new()) {
                Err(error) if chart.name() == "counters" => {
                    assert!(error.is_not_found(), "{error}");
                    continue;
                }
                figure => figure.unwrap(),
            };
            for extension in ["png", "svg"] {
                let path = directory.path().join(chart.file_stem()).with_extension(extension);
                save(&*figure, &path).unwrap();
            }
            let (width, height) = png_size(&directory.path().join(chart.file_stem()).with_extension("png"));
            assert!(width == 3200 && height <= 4800, "{}: {height}", chart.name());
            svg_texts(&directory.path().join(chart.file_stem()).with_extension("svg"));
            on_area(&*figure, 500, 400);
        }
    }
    let nothing = Profile::builder().interval(Call::new("a", 5..5)).build();
    for chart in ["flame", "heatmap", "imbalance"] {
        let chart = list::by_name(chart).unwrap();
        let error = chart.reduce(&nothing, &RegionFilter::new(), &ChartOptions::new());
        let error = error.err().expect("nothing to draw");
        assert!(
            error.is_not_found() && error.to_string().contains("nothing to draw"),
            "{error}"
        );
    }
}

#[test]
fn a_flame_graph_has_each_region_below_its_caller_and_the_longest_first() {
    let mut profile = Profile::builder();
    for rank in 0..2 {
        profile.push(Call::new("main", 0..1_000).rank(rank));
        profile.push(Call::new("read", 0..100).rank(rank));
        profile.push(Call::new("solve", 100..700).rank(rank));
        profile.push(Call::new("dot", 150..200).rank(rank));
        profile.push(Call::new("dot", 300..350).rank(rank));
    }
    let profile = profile.build();
    let graph = FlameGraph::reduce(&profile, &RegionFilter::new(), &ChartOptions::new()).unwrap();
    let frames = graph.frames.iter();
    let frames = frames.map(|frame| {
        (
            frame.depth,
            frame.name.as_str(),
            frame.start_ns,
            frame.inclusive_ns,
        )
    });
    let expected = [
        (0, "main", 0, 2_000),
        (1, "solve", 0, 1_200),
        (2, "dot", 0, 200),
        (1, "read", 1_200, 200),
    ];
    assert_eq!(frames.collect::<Vec<_>>(), expected);
    assert_eq!(graph.total_ns, 2_000);
    let texts = texts_of("flame", &profile);
    for text in [
        "main  100.0 %  2.00 µs",
        "solve  60.0 %  1.20 µs",
        "dot  10.0 %  200 ns",
    ] {
        assert!(texts.iter().any(|known| known == text), "{text}: {texts:?}");
    }
}

#[test]
fn a_heat_map_names_the_odd_rank_and_tells_nothing_from_no_call() {
    let mut profile = Profile::builder();
    for rank in 0..4_i64 {
        let end = if rank == 2 { 3_000 } else { 1_000 };
        profile.push(Call::new("solve", 0..end).rank(rank as u32));
        if rank != 1 {
            profile.push(Call::new("write", 0..100).rank(rank as u32));
        }
    }
    let profile = profile.build();
    let map = RankHeatmap::reduce(&profile, &RegionFilter::new(), &ChartOptions::new()).unwrap();
    assert_eq!(map.ranks, [0, 1, 2, 3]);
    assert_eq!(map.rows[1].times_ns, [Some(100), None, Some(100), Some(100)]);
    let texts = texts_of("heatmap", &profile);
    for text in ["rank 2: +100 %", "−33 %", "1.50 µs", "75 ns"] {
        assert!(texts.iter().any(|known| known == text), "{text}: {texts:?}");
    }
    let few = ChartOptions::new().max_bars(2);
    let mut many = Profile::builder();
    for region in 0..5 {
        many.push(Call::new(&format!("region {region}"), 0..10 + region));
    }
    let map = RankHeatmap::reduce(&many.build(), &RegionFilter::new(), &few).unwrap();
    let rows: Vec<_> = map
        .rows
        .iter()
        .map(|row| (row.name.as_str(), row.times_ns[0]))
        .collect();
    assert_eq!(rows, [("region 4", Some(14)), ("4 others", Some(46))]);
}

#[test]
fn a_histogram_tells_the_usual_calls_from_the_rare_long_ones() {
    let mut profile = Profile::builder();
    for call in 0..99 {
        profile.push(Call::new("solve", call * 100..call * 100 + 40));
    }
    profile.push(Call::new("solve", 20_000..820_000));
    profile.push(Call::new("none", 900_000..900_000));
    let texts = texts_of("histogram", &profile.build());
    let values = texts.iter().find(|text| text.starts_with("100 calls")).unwrap();
    assert!(
        values.contains("median 40 ns") && values.ends_with("max 800 µs"),
        "{values}"
    );
    for text in ["1 call, median 0 ns, 95 % 0 ns, max 0 ns", "100 ns", "10 µs"] {
        assert!(texts.iter().any(|known| known == text), "{text}: {texts:?}");
    }
}

#[test]
fn imbalance_puts_first_what_loses_most_and_names_the_slowest_rank() {
    let mut profile = Profile::builder();
    for rank in 0..4_i64 {
        let end = if rank == 2 { 3_000 } else { 1_000 };
        profile.push(Call::new("even", 0..9_000).rank(rank as u32));
        profile.push(Call::new("solve", 0..end).rank(rank as u32));
        if rank != 1 {
            profile.push(Call::new("write", 9_000..9_100).rank(rank as u32));
        }
    }
    let texts = texts_of("imbalance", &profile.build());
    for text in [
        "1.50 µs lost, 2.00 × mean",
        "min 1.00 µs, mean 1.50 µs, max 3.00 µs",
        "rank 2",
        "25 ns lost, 1.33 × mean",
        "min 0 ns, mean 75 ns, max 100 ns",
        "rank 0",
        "0 ns lost, 1.00 × mean",
    ] {
        assert!(texts.iter().any(|known| known == text), "{text}: {texts:?}");
    }
    let place = |name: &str| texts.iter().position(|text| text == name).expect(name);
    assert!(place("solve") < place("write") && place("write") < place("even"));
    let axis = texts
        .iter()
        .find(|text| text.contains("less the mean of 4 ranks"));
    assert!(
        axis.expect("a title").ends_with("hollow: never entered"),
        "{axis:?}"
    );
    // No rank is slowest where all take equally long.
    assert_eq!(texts.iter().filter(|text| text.starts_with("rank ")).count(), 2);
}

#[test]
fn imbalance_shows_the_regions_that_lose_most_and_says_how_many_there_are() {
    let mut profile = Profile::builder();
    for region in 1..=60 {
        profile.push(Call::new(&format!("region {region}"), 0..100));
        profile.push(Call::new(&format!("region {region}"), 0..100 + region).rank(1));
    }
    let texts = texts_of("imbalance", &profile.build());
    let has = |wanted: &str| texts.iter().any(|text| text == wanted);
    assert!(
        has("region 60") && has("region 49") && !has("region 48"),
        "{texts:?}"
    );
    let title = |text: &String| text.ends_with("the 12 regions of 60 that lose most");
    assert!(texts.iter().any(title), "{texts:?}");
}

#[test]
fn the_bar_of_many_others_does_not_set_the_scale_of_single_regions() {
    let mut profile = Profile::builder();
    for region in 0..500_i64 {
        let start = region * 1_000_000;
        profile.push(Call::new(&format!("region {region}"), start..start + 999_000));
    }
    let texts = texts_of("durations", &profile.build());
    let has = |wanted: &str| texts.iter().any(|text| text == wanted);
    assert!(has("461 others") && has("461 ms"), "{texts:?}");
    assert!(has("Total time (µs)") && has("800"), "{texts:?}");
    assert!(!texts.iter().any(|text| text.ends_with("(ms)")), "{texts:?}");
}

#[test]
fn a_heat_map_of_few_ranks_and_many_regions_goes_on_beside_its_first_rows() {
    let of = |regions: i64| {
        let mut profile = Profile::builder();
        for (region, rank) in (0..regions).flat_map(|region| (0..4).map(move |rank| (region, rank))) {
            let end = region * 1_000 + 900 + i64::from(rank);
            profile.push(Call::new(&format!("region {region}"), region * 1_000..end).rank(rank));
        }
        texts_of("heatmap", &profile.build())
    };
    let axes = |texts: &[String]| texts.iter().filter(|text| *text == "rank").count();
    let (few, many) = (of(10), of(500));
    assert_eq!((axes(&few), axes(&many)), (1, 3));
    assert!(many.iter().any(|text| text == "461 others"), "{many:?}");
}

#[test]
fn charts_that_compare_ranks_say_that_a_single_one_has_nothing_to_compare_with() {
    for chart in ["imbalance", "heatmap"] {
        let texts = texts_of(chart, &solver(1));
        assert!(
            texts.iter().any(|text| text.contains("only one rank")),
            "{texts:?}"
        );
        assert!(!texts.iter().any(|text| text.contains("mean")), "{texts:?}");
    }
}

#[test]
fn a_time_series_shows_regions_that_become_slower_and_leaves_out_what_is_called_once() {
    let mut profile = Profile::builder();
    profile.push(Call::new("main", 0..1_000_000));
    for call in 0..1_000_i64 {
        let length = if call < 500 { 100 } else { 120 };
        profile.push(Call::new("slower", call * 1_000..call * 1_000 + length));
        profile.push(Call::new("steady", call * 1_000 + 200..call * 1_000 + 250));
        profile.push(Call::new("first is long", call * 1_000 + 300..call * 1_000 + 310));
    }
    profile.push(Call::new("first is long", 0..90_000));
    let texts = texts_of("timeseries", &profile.build());
    let has = |wanted: &str| texts.iter().any(|text| text == wanted);
    assert!(
        has("slower") && has("steady") && has("first is long") && !has("main"),
        "{texts:?}"
    );
    assert!(
        texts
            .iter()
            .any(|text| text.starts_with("first quarter 1") && text.ends_with("+20 %")),
        "{texts:?}"
    );
    assert!(
        has("steady from first to last quarter") && has("1 000 calls") && has("1 001 calls"),
        "{texts:?}"
    );
    // The axis of the region with one very long call is logarithmic.
    assert!(has("100 ns") && has("1 µs") && has("10 µs"), "{texts:?}");
    let once = Profile::builder().interval(Call::new("main", 0..1_000)).build();
    assert!(texts_of("timeseries", &once).iter().any(|text| text == "1 call"));
}

/// The grey of a pixel of the density of a profile, at shares of its width and height.
fn density_at(profile: &Profile, places: &[(f64, f64)]) -> Vec<u8> {
    let chart = list::by_name("density").unwrap();
    let figure = chart
        .reduce(profile, &RegionFilter::new(), &ChartOptions::new())
        .unwrap();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("density.png");
    save(&*figure, &path).unwrap();
    let (width, height, pixels) = png_pixels(&path);
    let at = |&(x, y): &(f64, f64)| {
        let (x, y) = ((x * width as f64) as usize, (y * height as f64) as usize);
        pixels[3 * (y * width + x)]
    };
    places.iter().map(at).collect()
}

#[test]
fn density_is_darkest_where_a_rank_is_always_busy_and_white_where_it_never_is() {
    let mut profile = Profile::builder();
    for rank in 0..1_000_u32 {
        // One rank takes longer than the others.
        profile.push(Call::new("main", 0..if rank == 700 { 1_200_000 } else { 1_000_000 }).rank(rank));
        // Of the first ranks all are busy, of the last every second one; none in the second half of the run.
        if rank < 500 || rank % 2 == 0 {
            (0..50).for_each(|call| {
                profile.push(Call::new("solve", call * 10_000..(call + 1) * 10_000).rank(rank))
            });
        }
    }
    let profile = profile.build();
    let [busy, half, none] = density_at(&profile, &[(0.3, 0.3), (0.3, 0.75), (0.8, 0.5)])[..] else {
        panic!()
    };
    assert_eq!((busy, none), (0x0b, 255));
    assert!((100..150).contains(&half), "{half}");
    let texts = texts_of("density", &profile);
    for part in [
        "not counted, as they are open nearly all the time: main",
        "2 ranks share a lane",
    ] {
        assert!(texts.iter().any(|text| text.contains(part)), "{part}: {texts:?}");
    }
}

#[test]
fn density_that_is_one_solid_block_says_what_shows_more() {
    let run = |gap: i64| {
        let mut profile = Profile::builder().interval(Call::new("main", 0..1_000_000));
        for step in 0..100 {
            profile.push(Call::new("update", step * 10_000..step * 10_000 + 7_000));
            profile.push(Call::new(
                "exchange",
                step * 10_000 + 7_000..(step + 1) * 10_000 - gap,
            ));
        }
        texts_of("density", &profile.build())
    };
    let advises = |texts: &[String]| texts.iter().any(|text| text.contains("-i REGION"));
    assert!(advises(&run(100)), "{:?}", run(100));
    assert!(!advises(&run(1_000)), "{:?}", run(1_000));
}

#[test]
fn density_counts_what_is_open_all_the_time_where_there_is_nothing_else() {
    let profile = Profile::builder().interval(Call::new("main", 0..1_000)).build();
    assert_eq!(density_at(&profile, &[(0.5, 0.5)]), [0x0b]);
    let texts = texts_of("density", &profile);
    for note in ["not counted", "-i REGION"] {
        assert!(!texts.iter().any(|text| text.contains(note)), "{texts:?}");
    }
}
