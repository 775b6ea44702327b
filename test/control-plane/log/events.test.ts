import { expect, it } from "vitest";
import { EVENTS } from "../../../src/control-plane/log/events.ts";
import { sourceFiles } from "../../support/source-files.ts";

const TABLE = "src/control-plane/log/events.ts";
const sources = sourceFiles().filter(
  ({ program, path }) => program === "control-plane" && path !== TABLE && !path.endsWith("audit.ts"),
);

it.each(Object.keys(EVENTS))("the event %s occurs in the source", (event) => {
  expect(sources.some(({ text }) => text.includes(`"${event}"`))).toBe(true);
});

it.each(Object.entries(EVENTS))("%s has a meaning and a remedy in whole sentences", (_event, description) => {
  expect(description.meaning).toMatch(/^[A-Z`].*\.$/u);
  expect(description.remedy).toMatch(/^[A-Z`].*\.$/u);
});
