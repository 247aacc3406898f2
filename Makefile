# SPDX-License-Identifier: Apache-2.0
# Only forwards: Meson builds, tools/ holds the scripts.
.PHONY: all demo test check bench lint fuzz sanitize install clean
all: build/build.ninja
	@ninja -C build
build/build.ninja:
	@tools/deps
	@meson setup build >/dev/null
demo: all
	@tools/demo
test check: build/build.ninja
	@tools/test
bench: all
	@tools/bench
lint: all
	@tools/lint
fuzz:
	@tools/fuzz
sanitize:
	@tools/sanitize
install: all
	@meson install -C build --no-rebuild
clean:
	rm -rf build build-*
