/** Bytes. In a file of its own: programs need the adapters, and only tests build their schema. */
export const GIB = 2 ** 30;
