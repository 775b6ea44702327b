import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { markdownTable } from "./markdown-table.ts";
import { CHECKOUT } from "./paths.ts";

export const CHARTS = join(CHECKOUT, "packaging/helm");
export const CHART_NAMES = ["novacula-agent", "novacula-control-plane"] as const;

/** What a chart can be told: a value that is no group of others. */
export interface ChartValue {
  /** `image.tag` */
  readonly name: string;
  readonly description: string | undefined;
  readonly byDefault: unknown;
}

interface Schema {
  readonly description?: string | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
}

const schemaOfValues: z.ZodType<Schema> = z.looseObject({
  description: z.string().optional(),
  get properties() {
    return z.record(z.string(), schemaOfValues).optional();
  },
});

/** The values that values.schema.json knows, with the default of values.yaml. */
export function chartValues(chart: (typeof CHART_NAMES)[number]): readonly ChartValue[] {
  const schema = schemaOfValues.parse(
    JSON.parse(readFileSync(join(CHARTS, chart, "values.schema.json"), "utf8")),
  );
  const defaults: unknown = parse(readFileSync(join(CHARTS, chart, "values.yaml"), "utf8"));
  return valuesOf(schema, defaults, "").filter(({ name }) => name !== "global");
}

function valuesOf({ properties = {} }: Schema, defaults: unknown, path: string): readonly ChartValue[] {
  return Object.entries(properties).flatMap(([key, inner]) => {
    const name = `${path}${key}`;
    const byDefault = z.record(z.string(), z.unknown()).safeParse(defaults).data?.[key];
    return inner.properties === undefined
      ? [{ name, description: inner.description, byDefault }]
      : valuesOf(inner, byDefault, `${name}.`);
  });
}

export function chartValueTable(chart: (typeof CHART_NAMES)[number]): string {
  return markdownTable(
    ["value", "meaning", "default"],
    chartValues(chart).map(({ name, description = "", byDefault }) => {
      return [`\`${name}\``, description, byDefault === "" ? "" : `\`${JSON.stringify(byDefault)}\``];
    }),
  );
}
