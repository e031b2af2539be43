// Carries the precompiled headers of the unit tests; they take most of a test's compilation.
