import { expect, it } from "vitest";
import { errorChain, errorCode, OperatorError } from "../../src/lib/errors.ts";

it("an error and its causes are one line", () => {
  const cause = Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
  const error = new OperatorError("cannot read agent.toml", { cause });
  expect(errorChain(error)).toBe("cannot read agent.toml: EACCES: permission denied");
  expect(errorChain(new Error("", { cause: "a text" }))).toBe("Error: a text");
  expect(errorChain("only a text")).toBe("only a text");
});

it("causes in a circle come to an end", () => {
  const error = new Error("again");
  error.cause = error;
  expect(errorChain(error).split(": ").length).toBeLessThanOrEqual(8);
});

it("a code is a text on an error, and nothing else", () => {
  expect(errorCode(Object.assign(new Error(), { code: "ENOENT" }))).toBe("ENOENT");
  expect(errorCode(Object.assign(new Error(), { code: 7 }))).toBeUndefined();
  expect(errorCode({ code: "ENOENT" })).toBeUndefined();
  expect(errorCode(undefined)).toBeUndefined();
});
