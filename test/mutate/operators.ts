import { parseAst } from "rolldown/parseAst";

/** One small change of a module that a test has to notice. */
export interface Mutant {
  /** UTF-16 units of the module's text. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

export interface OperatorOptions {
  /** Also empties string literals: for modules that remove secrets from text. */
  readonly strings?: boolean;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

const OPPOSITES: Readonly<Record<string, readonly string[]>> = {
  "&&": ["||"],
  "||": ["&&"],
  "??": ["&&"],
  "===": ["!=="],
  "!==": ["==="],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
  "+=": ["-="],
  "-=": ["+="],
};
const NAMES: Readonly<Record<string, string>> = {
  some: "every",
  every: "some",
  min: "max",
  max: "min",
  find: "findLast",
  startsWith: "endsWith",
  endsWith: "startsWith",
  floor: "ceil",
  ceil: "floor",
};

/** All mutants of a module, in the order of its text. */
export function mutantsOf(text: string, options: OperatorOptions = {}): readonly Mutant[] {
  const mutants: Mutant[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach(visit);
    } else if (isNode(value) && !isOnlyType(value)) {
      mutants.push(...changesOf(value, text, options).filter((each) => each.replacement !== source(each)));
      Object.values(value).forEach(visit);
    }
  };
  const source = ({ start, end }: Mutant) => text.slice(start, end);
  visit(parseAst(text, { lang: "ts" }).body);
  return mutants.toSorted((one, other) => one.start - other.start || one.end - other.end);
}

export function applied(text: string, { start, end, replacement }: Mutant): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

function isOnlyType({ type }: Node): boolean {
  const isExpression = /^TS(?:As|NonNull|Satisfies)|^TSParameterProperty/u.test(type);
  return type === "ImportDeclaration" || (type.startsWith("TS") && !isExpression);
}

function changesOf(node: Node, text: string, { strings = false }: OperatorOptions): readonly Mutant[] {
  const whole = (replacement: string): Mutant => ({ start: node.start, end: node.end, replacement });
  switch (node.type) {
    case "LogicalExpression":
    case "BinaryExpression":
    case "AssignmentExpression":
      return withOtherOperator(node, text);
    case "IfStatement":
    case "ConditionalExpression":
      return isNode(node["test"]) ? constant(node["test"]) : [];
    case "UnaryExpression":
      return node["operator"] === "!" || node["operator"] === "-"
        ? [whole(` ${textOf(node["argument"], text)}`)]
        : [];
    case "UpdateExpression":
      return [
        whole(text.slice(node.start, node.end).replace(/\+\+|--/u, (sign) => (sign === "++" ? "--" : "++"))),
      ];
    case "ExpressionStatement":
      return [whole(";")];
    case "ArrayExpression":
      return Array.isArray(node["elements"]) && node["elements"].length > 0 ? [whole("[]")] : [];
    case "CallExpression":
      return withoutFilter(node, text);
    case "MemberExpression":
      return withOtherName(node);
    case "Literal":
      return ofLiteral(node["value"], strings).map(whole);
    default:
      return [];
  }
}

function ofLiteral(value: unknown, strings: boolean): readonly string[] {
  if (typeof value === "boolean") {
    return [String(!value)];
  }
  return strings && typeof value === "string" && value !== "" ? ['""'] : [];
}

function constant({ start, end }: Node): readonly Mutant[] {
  return ["true", "false"].map((replacement) => ({ start, end, replacement }));
}

function withOtherOperator(node: Node, text: string): readonly Mutant[] {
  const { left, right, operator } = node;
  if (
    !isNode(left) ||
    !isNode(right) ||
    ([left, right].some(isText) && operator !== "===" && operator !== "!==")
  ) {
    return [];
  }
  const start = text.indexOf(String(operator), left.end);
  const end = start + String(operator).length;
  // Brackets, because `??` must not stand beside `&&`.
  const others = OPPOSITES[String(operator)] ?? [];
  return others.map((other) =>
    node.type === "LogicalExpression"
      ? {
          start: node.start,
          end: node.end,
          replacement: `((${textOf(left, text)}) ${other} (${textOf(right, text)}))`,
        }
      : { start, end, replacement: other },
  );
}

function isText({ type, value }: Node): boolean {
  return type === "TemplateLiteral" || (type === "Literal" && typeof value === "string");
}

/** `list.filter(f)` becomes `list`. */
function withoutFilter(node: Node, text: string): readonly Mutant[] {
  const { callee } = node;
  if (!isNode(callee) || callee.type !== "MemberExpression" || nameOf(callee) !== "filter") {
    return [];
  }
  return [{ start: node.start, end: node.end, replacement: textOf(callee["object"], text) }];
}

function withOtherName(node: Node): readonly Mutant[] {
  const replacement = NAMES[nameOf(node)];
  const { property } = node;
  return replacement === undefined || !isNode(property)
    ? []
    : [{ start: property.start, end: property.end, replacement }];
}

function nameOf({ property, computed }: Node): string {
  return isNode(property) && computed !== true ? String(property["name"]) : "";
}

function textOf(node: unknown, text: string): string {
  return isNode(node) ? text.slice(node.start, node.end) : "";
}
