import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as ts from 'typescript/unstable/ast'
import { API, type Program } from 'typescript/unstable/sync'

/** A declaration, by its file from the project's root: `core/contract/call.ts#Call`. */
export type Declared = `${string}#${string}`

interface Source {
  /** Top-level declarations by name; a type and a value may share one. */
  readonly declared: ReadonlyMap<string, readonly ts.Node[]>
  readonly exported: ReadonlySet<string>
  /** Names that imports bring in. */
  readonly imported: ReadonlyMap<string, Declared>
  /** `export { name } from` and `export { local as name }`. */
  readonly passedOn: ReadonlyMap<string, Declared>
  readonly stars: readonly string[]
}

/** The types of the sources as they are written: nothing is checked and no package is read, so a walk over all doors takes under a second. */
export class DoorTypes {
  readonly #sources = new Map<string, Source>()
  readonly #files: ReadonlySet<string>
  readonly #program: Program
  readonly #api: API

  constructor(private readonly root: string) {
    const folder = join(root, '.cache', 'doors')
    mkdirSync(folder, { recursive: true })
    const config = join(folder, 'tsconfig.json')
    const include = ['../../*.ts', '../../core', '../../test/harness']
    writeFileSync(config, JSON.stringify({ compilerOptions: { noResolve: true, types: [] }, include }))
    this.#api = new API({ cwd: root })
    this.#program = this.#api.updateSnapshot({ openProject: config }).getProjects()[0]!.program
    this.#files = new Set(this.#program.getSourceFileNames())
  }

  close(): void {
    this.#api.close()
  }

  /** What a door exports, by name. */
  exportsOf(file: string): Map<string, Declared> {
    const { declared, exported, passedOn, stars } = this.#source(file)
    const found = new Map<string, Declared>()
    for (const star of stars) for (const [name, to] of this.exportsOf(star)) found.set(name, to)
    for (const name of declared.keys()) if (exported.has(name)) found.set(name, `${file}#${name}`)
    for (const [name, to] of passedOn) found.set(name, this.#resolved(to))
    return found
  }

  /** The exported declarations that the signatures of these need, and theirs, with one that needs each. */
  reachedFrom(starts: Iterable<Declared>): Map<Declared, Declared> {
    const reached = new Map<Declared, Declared>()
    const queue = [...starts]
    for (const start of queue) reached.set(start, start)
    for (const at of queue) {
      const [file, name] = split(at)
      for (const node of this.#source(file).declared.get(name) ?? [])
        for (const to of this.#needs(file, node)) {
          if (reached.has(to)) continue
          reached.set(to, at)
          queue.push(to)
        }
    }
    return reached
  }

  /** Whether others can import it; a type that its own file keeps to itself is shown by editors field by field. */
  isExported(declared: Declared): boolean {
    const [file, name] = split(declared)
    return this.#source(file).exported.has(name)
  }

  /** Whether it is a type, and no value that a `typeof` reads. */
  isType(declared: Declared): boolean {
    const [file, name] = split(declared)
    const nodes = this.#source(file).declared.get(name) ?? []
    return nodes.some(
      (node) =>
        ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isClassDeclaration(node),
    )
  }

  /** `export type Call = CallContract` names the contract's type for users. */
  aliased(declared: Declared): Declared {
    const [file, name] = split(declared)
    for (const node of this.#source(file).declared.get(name) ?? []) {
      if (!ts.isTypeAliasDeclaration(node) || !ts.isTypeReferenceNode(node.type)) continue
      const { typeName, typeArguments } = node.type
      if (ts.isIdentifier(typeName) && !typeArguments) {
        const to = this.#named(file, typeName.text)
        if (to) return this.aliased(to)
      }
    }
    return declared
  }

  #named(file: string, name: string): Declared | undefined {
    const { declared, imported } = this.#source(file)
    if (declared.has(name)) return `${file}#${name}`
    const to = imported.get(name)
    return to && this.#resolved(to)
  }

  #resolved(declared: Declared): Declared {
    const [file, name] = split(declared)
    const { declared: own, imported, passedOn, stars } = this.#source(file)
    if (own.has(name)) return declared
    const to = passedOn.get(name) ?? imported.get(name)
    if (to) return this.#resolved(to)
    for (const star of stars) {
      const found = this.exportsOf(star).get(name)
      if (found) return found
    }
    throw new Error(`${file} has no ${name}`)
  }

  #needs(file: string, declaration: ts.Node): Declared[] {
    const found: Declared[] = []
    const note = (name: ts.EntityName | ts.Expression) => {
      let first: ts.Node = name
      while (ts.isQualifiedName(first)) first = first.left
      const to = ts.isIdentifier(first) ? this.#named(file, first.text) : undefined
      if (to) found.push(to)
    }
    const walk = (node: ts.Node): void => {
      if (isHidden(node)) return
      if (ts.isTypeReferenceNode(node)) note(node.typeName)
      if (ts.isTypeQueryNode(node)) note(node.exprName)
      if (ts.isExpressionWithTypeArguments(node)) note(node.expression)
      node.forEachChild(walk)
    }
    walk(declaration)
    return found
  }

  #source(file: string): Source {
    let source = this.#sources.get(file)
    if (!source) {
      source = this.#read(file)
      this.#sources.set(file, source)
    }
    return source
  }

  #read(file: string): Source {
    const { statements } = this.#program.getSourceFile(join(this.root, file))!
    const declared = new Map<string, ts.Node[]>()
    const exported = new Set<string>()
    const imported = new Map<string, Declared>()
    const passedOn = new Map<string, Declared>()
    const stars: string[] = []
    const declare = (name: string, node: ts.Node, statement: ts.Statement) => {
      declared.set(name, [...(declared.get(name) ?? []), node])
      if (isExport(statement)) exported.add(name)
    }
    for (const statement of statements) {
      if (ts.isImportDeclaration(statement)) {
        const from = this.#file(file, statement.moduleSpecifier)
        const { namedBindings } = statement.importClause ?? {}
        if (from && namedBindings && ts.isNamedImports(namedBindings))
          for (const { name, propertyName } of namedBindings.elements)
            imported.set(name.text, `${from}#${(propertyName ?? name).text}`)
      } else if (ts.isExportDeclaration(statement)) {
        const from = statement.moduleSpecifier ? this.#file(file, statement.moduleSpecifier) : file
        if (from === undefined) continue
        if (statement.exportClause && ts.isNamedExports(statement.exportClause))
          for (const { name, propertyName } of statement.exportClause.elements)
            passedOn.set(name.text, `${from}#${(propertyName ?? name).text}`)
        else stars.push(from)
      } else if (ts.isVariableStatement(statement)) {
        for (const declaration of statement.declarationList.declarations)
          if (ts.isIdentifier(declaration.name)) declare(declaration.name.text, declaration, statement)
      } else if (isNamed(statement)) declare(statement.name!.text, statement, statement)
    }
    return { declared, exported, imported, passedOn, stars }
  }

  /** Undefined for a package. */
  #file(from: string, specifier: ts.Expression): string | undefined {
    const { text } = specifier as ts.StringLiteral
    if (!text.startsWith('.')) return undefined
    const path = join(dirname(from), text).replace(/\.js$/, '.ts')
    return this.#files.has(join(this.root, path)) ? path : undefined
  }
}

function split(declared: Declared): [string, string] {
  return declared.split('#') as [string, string]
}

/** What no signature shows: bodies, first values, private members, and what a class `implements`. */
function isHidden(node: ts.Node): boolean {
  if (ts.isBlock(node)) return true
  if (ts.isHeritageClause(node)) return node.token === ts.SyntaxKind.ImplementsKeyword
  const { name } = node as { name?: ts.Node }
  const isParameter = ts.isParameterDeclaration(node)
  if (name && ts.isPrivateIdentifier(name)) return true
  if (!isParameter && modifiersOf(node).some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)) return true
  return (node.parent as { initializer?: ts.Node } | undefined)?.initializer === node
}

function isExport(statement: ts.Statement): boolean {
  return modifiersOf(statement).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
}

function isNamed(
  node: ts.Node,
): node is ts.InterfaceDeclaration | ts.TypeAliasDeclaration | ts.ClassDeclaration | ts.FunctionDeclaration {
  return (
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ((ts.isClassDeclaration(node) || ts.isFunctionDeclaration(node)) && node.name !== undefined)
  )
}

function modifiersOf(node: ts.Node): readonly ts.Node[] {
  return [...((node as { modifiers?: Iterable<ts.Node> }).modifiers ?? [])]
}
