import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from "graphql";
import { rootFields } from "./root-fields.ts";

/** Three times the largest document of our own clients. */
const MAX_DEPTH = 8;
const MAX_FIELDS = 300;
const MAX_ALIASES = 10;

interface Size {
  readonly depth: number;
  readonly fields: number;
  readonly aliases: number;
}

const NOTHING: Size = { depth: 0, fields: 0, aliases: 0 };

/**
 * Why the document is too large to be executed; undefined if it is not. A fragment counts as often
 * as it is spread.
 */
export function documentExcess(document: DocumentNode): string | undefined {
  const measure = new DocumentMeasure(document);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) {
      continue;
    }
    const size = measure.of(definition.selectionSet);
    if (size.depth > MAX_DEPTH) {
      return `the document is nested deeper than ${MAX_DEPTH} levels`;
    }
    if (size.fields > MAX_FIELDS) {
      return `the document asks for more than ${MAX_FIELDS} fields`;
    }
    if (definition.operation === OperationTypeNode.MUTATION && changes(definition, document) > 1) {
      return "the document makes more than one change: send each in a request of its own";
    }
    if (size.aliases > MAX_ALIASES) {
      return `the document has more than ${MAX_ALIASES} aliases`;
    }
  }
  return undefined;
}

/**
 * How many changes the operation makes. If one of several failed, the answer would be its error,
 * and the secret of a key that another one created would be lost.
 */
function changes(operation: OperationDefinitionNode, document: DocumentNode): number {
  return [...rootFields(operation, document)].filter((name) => name !== "__typename").length;
}

/** Measures each fragment once: a short document can spread fragments into billions of fields. */
class DocumentMeasure {
  private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  private readonly sizes = new Map<string, Size>();

  constructor(document: DocumentNode) {
    const fragments = document.definitions.filter(
      (definition) => definition.kind === Kind.FRAGMENT_DEFINITION,
    );
    this.fragments = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
  }

  of(set: SelectionSetNode): Size {
    let size = NOTHING;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        size = sum(size, this.ofFragment(selection.name.value));
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        size = sum(size, this.of(selection.selectionSet));
      } else {
        const inner = selection.selectionSet === undefined ? NOTHING : this.of(selection.selectionSet);
        const aliases = inner.aliases + (selection.alias === undefined ? 0 : 1);
        size = sum(size, { depth: inner.depth + 1, fields: inner.fields + 1, aliases });
      }
    }
    return size;
  }

  private ofFragment(name: string): Size {
    const known = this.sizes.get(name);
    if (known !== undefined) {
      return known;
    }
    // Ends the recursion of a fragment that spreads itself. Validation refuses it later.
    this.sizes.set(name, NOTHING);
    const fragment = this.fragments.get(name);
    const size = fragment === undefined ? NOTHING : this.of(fragment.selectionSet);
    this.sizes.set(name, size);
    return size;
  }
}

function sum(one: Size, other: Size): Size {
  return {
    depth: Math.max(one.depth, other.depth),
    fields: one.fields + other.fields,
    aliases: one.aliases + other.aliases,
  };
}
