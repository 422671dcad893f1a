//! Fonts as files: the embedded ones, and those of the system that have what these lack.

use super::text::Weight;
use fontdb::{Database, FaceInfo, Stretch, Style};
use rustybuzz::ttf_parser::{self, RasterImageFormat};
use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;

/// One face of a font file.
pub(super) struct Face {
    pub(super) data: Cow<'static, [u8]>,
    pub(super) index: u32,
}

type ByCharacter = HashMap<(char, Weight), Option<Rc<Face>>>;

/// The fonts of the system, which are looked for when the first character is missing from the embedded ones.
pub(super) struct SystemFaces {
    /// Where to look; the usual places where there is nothing.
    directories: Option<Vec<PathBuf>>,
    database: OnceCell<Database>,
    loaded: RefCell<HashMap<fontdb::ID, Option<Rc<Face>>>>,
    by_character: RefCell<ByCharacter>,
}

impl SystemFaces {
    pub(super) fn new(directories: Option<Vec<PathBuf>>) -> Self {
        SystemFaces {
            directories,
            database: OnceCell::new(),
            loaded: RefCell::default(),
            by_character: RefCell::default(),
        }
    }

    /// The face to draw a character with, if any face has it; the same on every call, and for every character the
    /// first in an order that depends on the installed fonts alone.
    pub(super) fn face_for(&self, sign: char, weight: Weight) -> Option<Rc<Face>> {
        if let Some(known) = self.by_character.borrow().get(&(sign, weight)) {
            return known.clone();
        }
        let database = self.database.get_or_init(|| self.read_directories());
        let mut faces: Vec<&FaceInfo> = database.faces().collect();
        faces.sort_by_cached_key(|face| preference(face, weight));
        let has = |face: &&FaceInfo| database.with_face_data(face.id, |data, index| draws(data, index, sign));
        let found = faces.into_iter().find(|face| has(face) == Some(true));
        let face = found.and_then(|face| self.load(database, face.id));
        self.by_character
            .borrow_mut()
            .insert((sign, weight), face.clone());
        face
    }

    fn read_directories(&self) -> Database {
        let mut database = Database::new();
        match &self.directories {
            Some(directories) => directories.iter().for_each(|path| database.load_fonts_dir(path)),
            None => database.load_system_fonts(),
        }
        database
    }

    fn load(&self, database: &Database, id: fontdb::ID) -> Option<Rc<Face>> {
        let mut loaded = self.loaded.borrow_mut();
        let face = loaded.entry(id).or_insert_with(|| {
            database.with_face_data(id, |data, index| {
                Rc::new(Face {
                    data: Cow::Owned(data.to_vec()),
                    index,
                })
            })
        });
        face.clone()
    }
}

/// Upright before slanted, the wanted weight, without serifs, and then by name.
fn preference(face: &FaceInfo, weight: Weight) -> impl Ord + use<> {
    let wanted = match weight {
        Weight::Regular => 400,
        Weight::SemiBold => 600,
    };
    let family = face
        .families
        .first()
        .map_or(String::new(), |(name, _)| name.clone());
    let has = |word: &str| family.contains(word);
    (
        face.style != Style::Normal,
        face.stretch != Stretch::Normal,
        face.monospaced || has("Mono"),
        has("Serif"),
        Reverse(has("Noto")),
        face.weight.0.abs_diff(wanted),
        family.clone(),
        face.post_script_name.clone(),
    )
}

/// Whether a face has an outline, or a picture, for a character.
fn draws(data: &[u8], index: u32, sign: char) -> bool {
    let Ok(face) = ttf_parser::Face::parse(data, index) else {
        return false;
    };
    face.glyph_index(sign).is_some_and(|glyph| {
        let picture = || face.glyph_raster_image(glyph, u16::MAX);
        face.glyph_bounding_box(glyph).is_some()
            || picture().is_some_and(|picture| picture.format == RasterImageFormat::PNG)
    })
}
