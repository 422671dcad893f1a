//! How the name of a region follows from a span: what a program asks for, and the templates made of that.

use crate::error::{Error, Result};

/// How the name of a region follows from a span.
///
/// | naming | the region of `info_span!("kernel", id = "axpy")` in `src/solver.rs`, line 42 |
/// |---|---|
/// | `Name` | `kernel` |
/// | `Qualified` | `heat::solver::kernel` |
/// | `Location` | `kernel (src/solver.rs:42)` |
/// | [`field`](Self::field)`("id")` | `axpy` |
/// | [`templates`](Self::templates)`(["{span}: {id}"])` | `kernel: axpy` |
///
/// Where a field has no value, or an empty one, the next template is used, and in the end the span's own name.
/// What counts is the value when the span is entered, including one that was
/// [recorded](https://docs.rs/tracing/0.1/tracing/struct.Span.html#method.record) after the span was
/// created; an interval that has begun keeps its name.
///
/// Each name stays in memory for as long as the program runs: choose fields with few values.
///
/// ```
/// use scope_profiler::{Profiler, ProfilingConfig, RegionNaming};
/// use tracing::info_span;
///
/// let config = ProfilingConfig::new()
///     .region_naming(RegionNaming::templates(["{span}: {name}", "{module}::{span}"]))
///     .flush_to_disk(false)
///     .verbose(false);
/// let profiler = Profiler::new(config)?;
/// tracing::subscriber::with_default(profiler.subscriber(), || {
///     info_span!("system", name = "move_ships").in_scope(|| ());
///     info_span!("system_commands", name = "move_ships").in_scope(|| ());
/// });
/// let regions: Vec<String> = profiler.get_all_regions().into_keys().collect();
/// assert_eq!(regions, ["system: move_ships", "system_commands: move_ships"]);
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegionNaming {
    /// The span's name: `solve`.
    #[default]
    Name,
    /// Module path and name: `heat::solver::solve`. Methods of the same name in one module are one region.
    Qualified,
    /// The name and its place in the source: `solve (src/solver.rs:42)`. Every call site is a
    /// region of its own.
    Location,
    /// The value of this field: see [`field`](Self::field).
    Field(String),
    /// The first of these templates whose fields all have a value: see [`templates`](Self::templates).
    Templates(Vec<String>),
}

impl RegionNaming {
    /// The value of this field, otherwise the span's name. For programs that name every span alike:
    /// `info_span!("kernel", id = "axpy")` with `field("id")` is the region `axpy`.
    ///
    /// ```
    /// use scope_profiler::{ProfilingConfig, RegionNaming};
    ///
    /// let config = ProfilingConfig::new().region_naming(RegionNaming::field("id"));
    /// ```
    pub fn field(name: impl Into<String>) -> Self {
        Self::Field(name.into())
    }

    /// The first of these templates whose fields all have a value, otherwise the span's name.
    ///
    /// In a template `{span}` is the span's name, `{module}`, `{target}`, `{level}`, `{file}` and `{line}` are
    /// those of its call site, and any other word in braces is the field of that name. `{field.span}` is
    /// the field `span`, and so on; `{{` and `}}` are braces.
    ///
    /// An invalid template and an empty list are refused when the session starts.
    ///
    /// ```
    /// use scope_profiler::{ProfilingConfig, RegionNaming};
    ///
    /// // GET /health, otherwise the value of otel.name, otherwise http::server::request
    /// let naming = RegionNaming::templates(["{method} {route}", "{otel.name}", "{module}::{span}"]);
    /// let config = ProfilingConfig::new().region_naming(naming);
    /// ```
    pub fn templates(templates: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Templates(templates.into_iter().map(Into::into).collect())
    }
}

/// A piece of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    Span,
    Module,
    Target,
    Level,
    File,
    Line,
    /// An index into [`Naming::fields`].
    Field(usize),
}

/// A [`RegionNaming`] that has been checked: templates, of which the first that can be filled in is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Naming {
    /// The last template needs no field.
    pub(crate) templates: Vec<Vec<Part>>,
    /// The fields that templates name.
    pub(crate) fields: Vec<String>,
}

impl Naming {
    pub(crate) fn of(naming: &RegionNaming) -> Result<Self> {
        let mut compiled = Self {
            templates: Vec::new(),
            fields: Vec::new(),
        };
        let text = |text: &str| Part::Text(text.into());
        match naming {
            RegionNaming::Name => {}
            RegionNaming::Qualified => compiled
                .templates
                .push(vec![Part::Module, text("::"), Part::Span]),
            RegionNaming::Location => compiled.templates.push(vec![
                Part::Span,
                text(" ("),
                Part::File,
                text(":"),
                Part::Line,
                text(")"),
            ]),
            RegionNaming::Field(name) => {
                if name.is_empty() {
                    return Err(Error::config(
                        "region_naming is Field(\"\"); name the span field to use",
                    ));
                }
                let field = compiled.field(name);
                compiled.templates.push(vec![field]);
            }
            RegionNaming::Templates(templates) => {
                if templates.is_empty() {
                    return Err(Error::config(
                        "region_naming has no template; give one, such as \"{span}: {name}\"",
                    ));
                }
                for template in templates {
                    compiled.add(template)?;
                }
            }
        }
        compiled.templates.push(vec![Part::Span]);
        let without_field =
            |template: &Vec<Part>| !template.iter().any(|part| matches!(part, Part::Field(_)));
        // Templates after one that can always be filled in are never used.
        if let Some(last) = compiled.templates.iter().position(without_field) {
            compiled.templates.truncate(last + 1);
        }
        Ok(compiled)
    }

    fn field(&mut self, name: &str) -> Part {
        let known = self.fields.iter().position(|field| field == name);
        Part::Field(known.unwrap_or_else(|| {
            self.fields.push(name.into());
            self.fields.len() - 1
        }))
    }

    fn add(&mut self, template: &str) -> Result<()> {
        let wrong = |what: &str| {
            Error::config(format!(
                "the template {template:?} of region_naming {what}; write fields as {{name}}, and braces as {{{{ and }}}}"
            ))
        };
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = template.chars().peekable();
        while let Some(c) = rest.next() {
            if (c == '{' || c == '}') && rest.peek() == Some(&c) {
                rest.next();
                text.push(c);
            } else if c == '{' {
                let mut word = String::new();
                loop {
                    match rest.next() {
                        Some('}') => break,
                        Some('{') | None => return Err(wrong("has a { without a }")),
                        Some(c) => word.push(c),
                    }
                }
                if word.trim().is_empty() {
                    return Err(wrong("has braces without a word in them"));
                }
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(match word.trim() {
                    "span" => Part::Span,
                    "module" => Part::Module,
                    "target" => Part::Target,
                    "level" => Part::Level,
                    "file" => Part::File,
                    "line" => Part::Line,
                    field => self.field(field.strip_prefix("field.").unwrap_or(field)),
                });
            } else if c == '}' {
                return Err(wrong("has a } without a {"));
            } else {
                text.push(c);
            }
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        if parts.is_empty() {
            return Err(wrong("is empty"));
        }
        self.templates.push(parts);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templates(templates: &[&str]) -> Result<Naming> {
        Naming::of(&RegionNaming::templates(templates.iter().copied()))
    }

    #[test]
    fn a_template_is_text_properties_of_the_call_site_and_fields() {
        let naming = templates(&["{{{span}}}: {otel.name}/{field.span}"]).unwrap();
        assert_eq!(naming.fields, ["otel.name", "span"]);
        assert_eq!(
            naming.templates[0],
            [
                Part::Text("{".into()),
                Part::Span,
                Part::Text("}: ".into()),
                Part::Field(0),
                Part::Text("/".into()),
                Part::Field(1)
            ]
        );
        assert_eq!(naming.templates[1], [Part::Span]);
    }

    #[test]
    fn nothing_comes_after_a_template_without_fields() {
        let naming = templates(&["{a}", "{module}", "{b}"]).unwrap();
        assert_eq!(naming.templates, [vec![Part::Field(0)], vec![Part::Module]]);
    }

    #[test]
    fn templates_that_cannot_be_read_are_refused() {
        for bad in ["", "{", "{a", "{a} {a", "a}", "{}", "{ }", "{a{b}}"] {
            let error = templates(&[bad]).unwrap_err();
            assert!(error.is_config());
            assert!(error.to_string().contains(&format!("{bad:?}")), "{error}");
        }
        assert!(templates(&[]).unwrap_err().to_string().contains("no template"));
    }
}
