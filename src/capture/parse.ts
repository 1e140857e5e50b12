import type {
  AnonymousFunctionDeclaration,
  ArrowFunctionExpression,
  Class,
  FunctionExpression,
  MethodDefinition,
  Options,
  Program,
  Property,
} from 'acorn'
import { load } from '../base/load.ts'
import type { FunctionForm } from './function-facts.ts'

/**
 * The syntax tree of one function or class text as `Function.prototype.toString` gives it. A method's text is no
 * expression, so three readings are tried: as an expression, inside an object, inside a class; and for an arrow with
 * the `new.target` of the function around it, inside a function.
 * Throws `SyntaxError` with acorn's words when none of them fits.
 */
export function parseFunction(text: string): ParsedFunction {
  const expression = tryParse(`(${text}\n)`)
  const alone = expression instanceof Error ? undefined : soleFunction(expression)
  if (alone) return { node: alone, form: expressionForm(alone), shift: 1, member: undefined }
  const inFunction = text.includes('new.target') ? tryParse(`(function(){(${text}\n)})`) : undefined
  const arrow = inFunction && !(inFunction instanceof Error) ? soleArrowInside(inFunction) : undefined
  if (arrow) return { node: arrow, form: 'arrow', shift: 13, member: undefined }
  const inObject = tryParse(`({${text}\n})`)
  if (!(inObject instanceof Error)) return fromMember(firstMember(inObject), 2)
  const inClass = tryParse(`(class{${text}\n})`)
  if (!(inClass instanceof Error)) return fromMember(firstMember(inClass), 7)
  throw expression instanceof Error ? expression : inClass
}

export interface ParsedFunction {
  readonly node: FunctionTree
  readonly form: FunctionForm
  /** What to take off a node's offset to get the offset in the text. */
  readonly shift: number
  /** The property or class member that a method was read as. */
  readonly member: Property | MethodDefinition | undefined
}

export type FunctionTree = ArrowFunctionExpression | FunctionExpression | AnonymousFunctionDeclaration | Class

/** The syntax tree of a whole source. Throws `SyntaxError`. */
export function parseSource(text: string, isModule: boolean): Program {
  return acorn().parse(text, {
    ...OPTIONS,
    sourceType: isModule ? 'module' : 'script',
    allowReturnOutsideFunction: true,
    allowHashBang: true,
  })
}

// Functions are read on their own, outside of the class, module or async function that gave them `super`, `import.meta`
// or private names, hence the allowances.
const OPTIONS: Options = {
  ecmaVersion: 'latest',
  sourceType: 'script',
  allowSuperOutsideMethod: true,
  allowImportExportEverywhere: true,
  allowAwaitOutsideFunction: false,
  checkPrivateFields: false,
  allowReserved: true,
}

type Parser = Pick<typeof import('acorn'), 'parse'>

let loaded: Parser | undefined

// On first use and synchronously: a capture is one snapshot at the call, and a program that sends nothing never pays. The
// build puts it there (docs/decisions/0017).
function acorn(): Parser {
  return (loaded ??= load<Parser>('../joined/acorn.cjs'))
}

function tryParse(text: string): Program | Error {
  try {
    return acorn().parse(text, OPTIONS)
  } catch (error) {
    return error as Error
  }
}

function soleFunction(program: Program): FunctionTree | undefined {
  const [statement, ...more] = program.body
  if (more.length > 0 || statement?.type !== 'ExpressionStatement') return undefined
  const { expression } = statement
  const fits =
    expression.type === 'ArrowFunctionExpression' ||
    expression.type === 'FunctionExpression' ||
    expression.type === 'ClassExpression'
  return fits ? expression : undefined
}

function soleArrowInside(program: Program): ArrowFunctionExpression | undefined {
  const outer = soleFunction(program)
  const statement = outer?.type === 'FunctionExpression' ? outer.body.body[0] : undefined
  const inner = statement?.type === 'ExpressionStatement' ? statement.expression : undefined
  return inner?.type === 'ArrowFunctionExpression' ? inner : undefined
}

function expressionForm(node: FunctionTree): FunctionForm {
  if (node.type === 'ArrowFunctionExpression') return 'arrow'
  return node.type === 'FunctionExpression' ? 'function' : 'class'
}

function firstMember(program: Program): Property | MethodDefinition {
  const statement = program.body[0]
  const holder = statement?.type === 'ExpressionStatement' ? statement.expression : undefined
  const member =
    holder?.type === 'ObjectExpression'
      ? holder.properties[0]
      : holder?.type === 'ClassExpression'
        ? holder.body.body[0]
        : undefined
  if (member?.type === 'Property' || member?.type === 'MethodDefinition') return member
  throw new SyntaxError('the text is no function, class or method')
}

function fromMember(member: Property | MethodDefinition, shift: number): ParsedFunction {
  if (member.value.type !== 'FunctionExpression') throw new SyntaxError('the text is no function, class or method')
  return { node: member.value, form: memberForm(member), shift, member }
}

function memberForm(member: Property | MethodDefinition): FunctionForm {
  if (member.key.type === 'PrivateIdentifier') return 'private'
  if (member.kind === 'get') return 'getter'
  return member.kind === 'set' ? 'setter' : 'method'
}
