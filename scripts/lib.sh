# Shared by scripts/demo and scripts/test: what a machine needs, and how to get it there.
# Sourced by bash (3.2 or newer); the caller has set -euo pipefail.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# Settings of the profiler and of batch systems that the user's shell has are not meant for what runs here;
# the tests keep theirs (tests/common/calm.rs).
for variable in $(compgen -e); do
    case $variable in
        SCOPE_PROFILER_TEST_* | SCOPE_PROFILER_PYTHON_DIR | SCOPE_PROFILER_OVERHEAD | SCOPE_PROFILER_MPIRUN) ;;
        SCOPE_PROFILER_MUTANTS* | SCOPE_PROFILER_KEEP_MUTANTS | SCOPE_PROFILER_LARGE_* | SCOPE_PROFILER_SCALE_*) ;;
        SCOPE_PROFILER_* | SLURM_* | PMI_* | PMIX_* | PALS_* | FLUX_* | OMPI_COMM_* | OMPI_UNIVERSE*) unset "$variable" ;;
        NO_COLOR | CLICOLOR* | FORCE_COLOR | COLUMNS | RUST_LOG | CARGO_BUILD_TARGET) unset "$variable" ;;
    esac
done
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2034  # for the caller
target_dir=${CARGO_TARGET_DIR:-$PWD/target}

have() { command -v "$1" >/dev/null 2>&1; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# --- sections, with the time that each took -------------------------------------------------------

section_name=
section() {
    section_end
    section_name=$1
    section_started=$SECONDS
    printf '\n==== %s\n' "$section_name"
}

section_end() {
    if [ -n "$section_name" ]; then
        printf -- '---- %s: %s s\n' "$section_name" "$((SECONDS - section_started))"
        section_name=
    fi
}

# --- system packages ------------------------------------------------------------------------------

needs=()
missing_names=
missing_packages=

if have apt-get; then
    package_manager=apt
elif have dnf; then
    package_manager=dnf
elif have brew; then
    package_manager=brew
else
    package_manager=none
fi

# need NAME CHECK APT DNF BREW: when the command CHECK fails, remembers the packages to install.
# A package manager that brings NAME without a package of its own has "-". A check tries the thing
# itself, as the build or the tests use it: a file that is there by luck proves nothing.
need() {
    needs+=("$1" "$2")
    if "$2"; then
        return
    fi
    local packages=
    case $package_manager in
        apt) packages=$3 ;;
        dnf) packages=$4 ;;
        brew) packages=$5 ;;
    esac
    missing_names="${missing_names:+$missing_names, }$1"
    if [ "$packages" != - ]; then
        missing_packages="$missing_packages $packages"
    fi
}

# Runs a command as root: directly, or through sudo. Without a terminal sudo must not ask.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

apt_install() {
    # A new machine may be updating itself; and one source that cannot be reached does not matter.
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600)
    as_root "${apt[@]}" update </dev/null || echo "apt-get update failed; trying with the lists that are here" >&2
    as_root "${apt[@]}" install -y --no-install-recommends "$@" </dev/null
}

# Installs what the calls of `need` found missing, and checks again.
install_missing() {
    if [ -z "$missing_names" ]; then
        return
    fi
    local by_hand="missing: $missing_names; install by hand"
    if [ -n "$missing_packages" ] && [ "$package_manager" != none ]; then
        by_hand="$by_hand with $package_manager:$missing_packages"
    fi
    if [ "$package_manager" = none ]; then
        fail "$by_hand (neither apt-get, dnf nor brew is here to do it)"
    fi
    if [ "$package_manager" != brew ] && [ "$(id -u)" != 0 ] && ! have sudo; then
        fail "$by_hand (neither root nor sudo)"
    fi
    printf 'installing %s:%s\n' "$missing_names" "$missing_packages"
    # Package names are separate words.
    # shellcheck disable=SC2086
    case $package_manager in
        apt) apt_install $missing_packages ;;
        dnf) as_root dnf install -y -q $missing_packages </dev/null ;;
        brew) brew install $missing_packages </dev/null ;;
    esac || fail "$by_hand (the installation failed)"
    hash -r
    find_mpi
    local still=
    set -- ${needs[@]+"${needs[@]}"}
    while [ $# -gt 0 ]; do
        "$2" || still="${still:+$still, }$1"
        shift 2
    done
    [ -z "$still" ] || fail "$still: installed, but cannot be used; the check is a function in scripts/lib.sh or scripts/test"
    missing_names=
    missing_packages=
}

# compiles COMPILER SOURCE [FLAG...]: whether the compiler makes a program of it, with headers and libraries.
compiles() {
    local compiler=$1 source=$2 directory status=0
    shift 2
    have "$compiler" || return
    directory=$(mktemp -d)
    printf '%s\n' "$source" >"$directory/try.c"
    "$compiler" "$directory/try.c" -o "$directory/try" "$@" >/dev/null 2>&1 || status=1
    rm -rf "$directory"
    return $status
}

# What rustc links with is called `cc`.
has_compiler() { compiles cc $'#include <stdio.h>\nint main(void) { return puts("") < 0; }'; }
has_pkg_config() { have pkg-config && pkg-config --version >/dev/null 2>&1; }

uses_hdf5=$'#include <hdf5.h>\nint main(void) { return H5open() < 0; }'
# In the order in which the build looks for it.
has_hdf5() {
    if [ -n "${HDF5_DIR:-}" ]; then
        compiles cc "$uses_hdf5" -I"$HDF5_DIR/include" -L"$HDF5_DIR/lib" -L"$HDF5_DIR/lib64" -lhdf5 && return
        fail "HDF5_DIR is $HDF5_DIR, but there is no HDF5 with headers there; correct it or unset it"
    fi
    if [ "$package_manager" = brew ] && brew --prefix --installed hdf5 >/dev/null 2>&1; then
        return
    fi
    local flags
    if flags=$(pkg-config --cflags --libs hdf5 2>/dev/null); then
        # Flags are separate words.
        # shellcheck disable=SC2086
        compiles cc "$uses_hdf5" $flags
        return
    fi
    local serial=/usr/lib/x86_64-linux-gnu/hdf5/serial
    compiles cc "$uses_hdf5" -I/usr/include/hdf5/serial -L$serial -lhdf5 ||
        compiles cc "$uses_hdf5" -lhdf5
}

# What building the library takes.
need_build_tools() {
    need "a C compiler" has_compiler "gcc libc6-dev" gcc llvm
    need pkg-config has_pkg_config pkg-config pkgconf-pkg-config pkg-config
    need "HDF5 with its headers" has_hdf5 libhdf5-dev hdf5-devel hdf5
}

# The MPI of the tests: compiler and launcher have to be of one installation, and on Debian each of
# `mpicc` and `mpirun` can be turned to another one.
find_mpi() {
    # Fedora keeps MPI out of the path until it is asked for.
    if ! have mpicc && [ -x /usr/lib64/openmpi/bin/mpicc ]; then
        PATH=/usr/lib64/openmpi/bin:$PATH
    fi
    if [ -z "${MPICC:-}${SCOPE_PROFILER_MPIRUN:-}" ] && have mpicc.openmpi && have mpirun.openmpi; then
        export MPICC=mpicc.openmpi SCOPE_PROFILER_MPIRUN=mpirun.openmpi
    fi
}

# --- Rust -----------------------------------------------------------------------------------------

oldest_rust=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

# at_least VERSION OLDEST
at_least() { [ "$(printf '%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

rust_is_new_enough() {
    local version
    version=$(rustc --version 2>/dev/null) || return
    version=${version#rustc }
    at_least "${version%%[ -]*}" "$oldest_rust"
}

# A distribution's Rust is often too old, and rustup's not in the path of a script.
need_rust() {
    local cargo_bin=${CARGO_HOME:-${HOME:-}/.cargo}/bin
    if ! rust_is_new_enough && [ -x "$cargo_bin/cargo" ]; then
        PATH=$cargo_bin:$PATH
    fi
    have cargo || fail "cargo is missing. Install Rust from https://rustup.rs:
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y
then open a new shell and run this again."
    rust_is_new_enough || fail "$(rustc --version 2>&1) is too old: Rust $oldest_rust or newer is needed (rustup update)"
}
