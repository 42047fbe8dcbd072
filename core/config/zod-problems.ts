import type { z } from 'zod'
import type { Problem } from '../errors/config-error.js'
import { nearest } from '../errors/nearest.js'
import { isRecord } from '../json/plain.js'
import { describe, kindOf, oneOf } from './words.js'
import { isSecretAt, keysAt, type Schema } from './zod-schema.js'

type Issue = z.core.$ZodIssue
export type Path = readonly PropertyKey[]

const KINDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  tuple: 'a list',
  undefined: 'nothing',
}

/**
 * What zod found wrong, each in one line: where, what was wanted, what was found, and the nearest name for a misspelt
 * one. Values are shown unless they may be secrets.
 */
export function problemsOf(
  issues: readonly Issue[],
  schema: Schema,
  value: unknown,
  pathOf: (path: Path) => string,
): Problem[] {
  return issues.flatMap((issue) => render(issue, schema, value, pathOf))
}

function render(issue: Issue, schema: Schema, value: unknown, pathOf: (path: Path) => string): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const allowed = keysAt(schema, issue.path)
    return issue.keys.map((key) => ({
      code: 'AGP_CONFIG_UNKNOWN_NAME' as const,
      path: pathOf([...issue.path, key]),
      message: unknownName('key', key, allowed),
    }))
  }
  const branch = issue.code === 'invalid_union' && issue.errors.find(wentDeeper)
  if (branch) {
    const inner = branch.map((i) => ({ ...i, path: [...issue.path, ...i.path] }))
    return inner.flatMap((i) => render(i, schema, value, pathOf))
  }
  const found = valueAt(value, issue.path)
  const secret = isSecretAt(schema, issue.path)
  const hint = issue.code === 'invalid_value' && typeof found === 'string' && !secret
  const suggestion = hint ? nearest(found, issue.values.map(String)) : ''
  const shown = secret ? kindOf(found) : describe(found)
  // A rule over a whole object speaks for itself.
  const message =
    issue.code === 'custom' && isRecord(found) ? issue.message : `${wanted(issue)}, found ${shown}`
  return [{ path: pathOf(issue.path), message: message + suggestion }]
}

/** The branch of a union that was meant: the value is of its kind, something inside is wrong. */
function wentDeeper(branch: readonly Issue[]): boolean {
  return branch.length > 0 && branch.every((i) => i.path.length > 0 || i.code === 'unrecognized_keys')
}

/** `unknown key; allowed are a, b; did you mean 'b'?` */
export function unknownName(what: string, name: string, allowed: readonly string[]): string {
  if (allowed.length === 0) return `unknown ${what}; none is allowed here`
  return `unknown ${what}; allowed are ${allowed.join(', ')}${nearest(name, allowed)}`
}

function wanted(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      // An issue that says `expected …` was given its words by the schema.
      return issue.message.startsWith('expected') ? issue.message : `expected ${kind(issue.expected)}`
    case 'invalid_value':
      return `expected ${oneOf(issue.values)}`
    case 'too_small':
    case 'too_big': {
      const edge = issue.code === 'too_small' ? 'least' : 'most'
      const limit = issue.code === 'too_small' ? issue.minimum : issue.maximum
      if (!issue.inclusive) return `expected ${edge === 'least' ? 'more' : 'less'} than ${limit}`
      return `expected at ${edge} ${limit}${unit(issue.origin, Number(limit))}`
    }
    case 'invalid_union':
      return `expected ${alternatives(issue)}`
    default:
      return issue.message
  }
}

function alternatives(issue: z.core.$ZodIssueInvalidUnion): string {
  const words = issue.errors.flatMap((branch) => branch.map((i) => wanted(i).replace(/^expected /, '')))
  return [...new Set(words)].join(' or ') || 'another kind of value'
}

const kind = (expected: string) => KINDS[expected] ?? expected

function unit(origin: string, count: number): string {
  const word = { string: 'character', array: 'entry', set: 'entry' }[origin]
  if (!word) return ''
  return ` ${count === 1 ? word : word.replace(/y$/, 'ie').concat('s')}`
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value)
}
