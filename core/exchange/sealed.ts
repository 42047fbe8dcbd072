/**
 * How the `signature` and the `data` of thinking blocks begin that agproxy itself made, around what a provider behind
 * another protocol wants back. The number is the layout's version.
 */
export const SEAL = 'agp1.'
