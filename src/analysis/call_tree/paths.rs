//! The paths of regions that a tree has nodes for.

use rustc_hash::FxHashMap;

/// Paths beyond which further ones are left to the node above them: a tree that large is not read by anyone,
/// and must not fill the memory.
const MAX_NODES: usize = 1 << 16;
/// Nodes below each other, beyond which deeper ones are left to the last.
const MAX_DEPTH: usize = 128;
/// How often a region may be on one path.
const MAX_REPEATS: usize = 8;

/// Where calls of a region inside a node go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) node: usize,
    /// Whether they have no node of their own.
    pub(crate) folded: bool,
    /// Whether another call of the region may be open around them.
    #[cfg_attr(
        not(any(feature = "hdf5", test)),
        allow(dead_code, reason = "only those who write files ask")
    )]
    pub(crate) recurs: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Path {
    region: usize,
    parent: usize,
    depth: usize,
}

/// The nodes of a tree by the regions that lead to them. The first is above the top level.
#[derive(Debug)]
pub(crate) struct Paths {
    paths: Vec<Path>,
    /// Node and region to where calls of that region inside that node go.
    links: FxHashMap<(usize, usize), Target>,
}

impl Paths {
    pub(crate) fn new() -> Self {
        Self {
            paths: vec![Path::default()],
            links: FxHashMap::default(),
        }
    }

    /// Whether there is no room for more nodes.
    pub(crate) fn is_full(&self) -> bool {
        self.paths.len() > MAX_NODES
    }

    /// The node above one.
    #[cfg(any(feature = "hdf5", test))]
    pub(crate) fn parent(&self, node: usize) -> usize {
        self.paths[node].parent
    }

    /// The region of a node.
    #[cfg(any(feature = "hdf5", test))]
    pub(crate) fn region(&self, node: usize) -> usize {
        self.paths[node].region
    }

    /// Where calls of a region inside a node go; this may be a new node, which is then the last.
    pub(crate) fn target(&mut self, parent: usize, region: usize) -> Target {
        if parent != 0 && self.paths[parent].region == region {
            return Target {
                node: parent,
                folded: false,
                recurs: true,
            };
        }
        match self.links.get(&(parent, region)) {
            Some(&target) => target,
            None => self.link(parent, region),
        }
    }

    #[cold]
    fn link(&mut self, parent: usize, region: usize) -> Target {
        let depth = self.paths[parent].depth + 1;
        let (mut repeats, mut ancestor) = (0, parent);
        while ancestor != 0 {
            repeats += usize::from(self.paths[ancestor].region == region);
            ancestor = self.paths[ancestor].parent;
        }
        let fits = !self.is_full() && depth <= MAX_DEPTH && repeats < MAX_REPEATS;
        let folded = !fits && parent != 0;
        let target = Target {
            node: if folded { parent } else { self.paths.len() },
            folded,
            recurs: folded || repeats > 0,
        };
        if !folded {
            self.paths.push(Path {
                region,
                parent,
                depth,
            });
        }
        self.links.insert((parent, region), target);
        target
    }
}
