import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from "graphql";

/** The names of the fields that an operation asks for at its top, also behind fragments; each as often as it does. */
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

/** Each fragment once: fragments that spread one another end here, and validation refuses them later. */
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
