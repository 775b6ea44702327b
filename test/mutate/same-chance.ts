import fc from "fast-check";

/**
 * The same random cases for each mutant: otherwise a verdict would change from run to run. The first
 * case that fails is enough.
 */
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 1, endOnFailure: true });
