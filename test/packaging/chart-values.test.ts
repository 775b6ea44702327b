import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { CHART_NAMES, CHARTS, chartValues } from "../../packaging/chart-values.ts";
import { VERSION } from "../../src/lib/version.ts";

const text = (chart: string, file: string) => readFileSync(join(CHARTS, chart, file), "utf8");

describe.each(CHART_NAMES)("the chart %s", (chart) => {
  it("is for this version of the program", () => {
    expect(parse(text(chart, "Chart.yaml"))).toMatchObject({
      name: chart,
      version: VERSION,
      appVersion: VERSION,
    });
  });

  it("describes each value in a sentence, and has a default for it", () => {
    const values = chartValues(chart);
    expect(values.length).toBeGreaterThan(20);
    expect(values.filter(({ description }) => !/^.{10,}\.$/.test(description ?? ""))).toEqual([]);
    expect(values.filter(({ byDefault }) => byDefault === undefined)).toEqual([]);
  });
});

it("both charts have the same helpers", () => {
  const [agent, controlPlane] = CHART_NAMES.map((chart) => text(chart, "templates/_helpers.tpl"));
  expect(agent).toBe(controlPlane);
});
