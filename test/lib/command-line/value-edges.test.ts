import { expect, it } from "vitest";
import { describeProblems, valueEdges } from "../../../src/lib/command-line/environment-variable.ts";

it.each([
  ["3555 ", /ends with a space/],
  ["\t3555", /begins with a tab/],
  ["3555\r", /carriage return \(the file has Windows line endings\)/],
  ["3555\u00a0", /U\+00A0, which looks like a space/],
  ["   ", /consists of blanks/],
  ['"https://cp.example.com"', /in quotes.*delete them/],
  ["'3555'", /in quotes/],
  ["“3555”", /in quotes/],
  ["3000 # http", /begins with # .* no comment/],
  ["3000# http", /begins with # .* no comment/],
  ["$PORT", /nothing fills in the \$PORT in it/],
  ["%PORT%", /nothing fills in the %PORT% in it/],
])("what surrounds %j is named", (value, said) => {
  expect(valueEdges(value)).toMatch(said);
});

it.each(["3555", "", '"', 'say "x"', "a b", '"a" and "b', "it's", "a#b", "pa$$word", "x$Y", "50%"])(
  "nothing surrounds %j",
  (value) => {
    expect(valueEdges(value)).toBeUndefined();
  },
);

it("shows the blank of a wrong value, and nothing of a secret but what surrounds it", () => {
  const variables = [
    { name: "PORT", meaning: "x", defaultValue: undefined },
    { name: "SECRET", meaning: "x", defaultValue: undefined, isSecret: true },
  ];
  const problems = variables.map(({ name }) => ({ name, message: "is wrong" }));
  expect(describeProblems(variables, problems, { PORT: "3555 ", SECRET: "'hunter2'" })).toEqual([
    '  PORT: is wrong (got "3555 "); it ends with a space, which is part of the value: delete it',
    "  SECRET: is wrong; it is in quotes, which are part of the value: delete them",
  ]);
});

it("a variable is named once, with the first that is wrong with it", () => {
  const problems = ["must be a URL", "must have no path"].map((message) => ({ name: "PORT", message }));
  expect(describeProblems([], problems, { PORT: "x" })).toEqual(["  PORT: must be a URL (got x)"]);
});
