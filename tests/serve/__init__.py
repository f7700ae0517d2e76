"""Tests of the server: a package, so that its fixtures do not hide those of all tests."""
