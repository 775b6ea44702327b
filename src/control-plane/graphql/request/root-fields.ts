import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from "graphql";

/**
 * The names of an operation's root fields, including those in fragments; repeated ones are
 * repeated.
 */
export function rootFields(operation: OperationDefinitionNode, document: DocumentNode): Generator<string> {
  return fieldsOf(operation.selectionSet, document, new Set());
}

function* fieldsOf(set: SelectionSetNode, document: DocumentNode, visited: Set<string>): Generator<string> {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      yield selection.name.value;
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      yield* fieldsOf(selection.selectionSet, document, visited);
    } else {
      yield* fragmentFields(selection.name.value, document, visited);
    }
  }
}

/** Visits each fragment once, so that fragments in a circle end. Validation refuses them later. */
function* fragmentFields(name: string, document: DocumentNode, visited: Set<string>): Generator<string> {
  if (visited.has(name)) {
    return;
  }
  visited.add(name);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.FRAGMENT_DEFINITION || definition.name.value !== name) {
      continue;
    }
    yield* fieldsOf(definition.selectionSet, document, visited);
  }
}
