import type { ClassLayout } from './class-layout.ts'
import { analyzeFunction } from './free-variables.ts'
import type { Attachments, Encoded, PrivateFields } from './graph.ts'
import { builtinPathOf, commonJsExportPath, intrinsicPathOf } from './known.ts'
import { constructorOf, functionName, isClassText, prototypesOf, textOf } from './peek.ts'
import { isFromElsewhere } from './provenance.ts'
import { LearntTooLate, type Walk } from './walk.ts'
import { weakClasses } from './weak-state.ts'

/**
 * Only a class compiled from its text can restore private members, and only one that travels with its module's WeakMaps
 * brings along what it keeps there. So the classes of such an instance travel by value.
 */
export function preferByValue(walk: Walk, object: object): void {
  for (const cls of [...privateClasses(object), ...weakClasses(object).map(({ cls }) => cls)]) {
    if (!walk.hidden.has(cls)) walk.hidden.set(cls, walk.step)
    if (walk.byValue.has(cls)) continue
    walk.byValue.add(cls)
    const met = walk.find(cls)
    const kind = met && walk.nodeOf(met).kind
    const isInModule = [...walk.modules].some((file) => commonJsExportPath(file, cls))
    if (kind === 'import' || kind === 'commonjs' || isInModule) throw new LearntTooLate()
  }
}

/** Notes what is in the private fields, per class, base class first: two classes may use the same name. */
export function encodePrivateFields(walk: Walk, object: object, node: Attachments): void {
  sendWeakState(walk, object)
  const classes = privateClasses(object)
  if (classes.length === 0) return
  const fields = walk.look(object).privates?.filter(({ accessor }) => !accessor) ?? []
  const privates: PrivateFields[] = []
  for (const cls of classes.reverse()) {
    const of = walk.find(cls)
    if (!of || walk.nodeOf(of).kind !== 'class') {
      walk.refuse(
        `is an instance of ${functionName(cls)}, which has private members, and only its own code can fill them in there`,
        'Send its data instead, or register the class with registerType.',
      )
    }
    const values: (readonly [string, Encoded])[] = []
    for (const name of privateFieldNames(cls)) {
      const at = fields.findIndex((field) => field.name === name)
      const [field] = at < 0 ? [] : fields.splice(at, 1)
      if (field) values.push([name, walk.at('property', name, () => walk.encodeDeep(field.value, { owner: object }))])
    }
    privates.push([of, values])
  }
  node.privates = privates
}

/** Whether it is more than its properties: a process that has its class cannot make another one of them. */
export function keepsHiddenState(object: object): boolean {
  return privateClasses(object).length > 0 || weakClasses(object).length > 0
}

// Where the class is from is the WeakMap as well, if it came from there together with the class.
function sendWeakState(walk: Walk, object: object): void {
  for (const { cls, name, collection } of weakClasses(object)) {
    const of = walk.find(cls)
    const kind = of && walk.nodeOf(of).kind
    if (kind === 'class' || kind === 'function') continue
    if (kind === 'own' && isFromElsewhere(collection)) {
      walk.encode(collection)
      continue
    }
    walk.refuse(
      `is an instance of ${functionName(cls)}, which keeps state of it in \`${name}\`, and only its own code can fill that in there`,
      'Send its data instead, or register the class with registerType.',
    )
  }
}

/** Whether instances of the class have private members that its compiled text must be able to write. */
export function hasPrivateMembers(layout: ClassLayout | undefined): boolean {
  return layout?.members.some(({ isPrivate, isStatic }) => isPrivate && !isStatic) ?? false
}

function privateFieldNames(cls: Function): string[] {
  const members = analyzeFunction(textOf(cls)).classLayout?.members ?? []
  return members.flatMap(({ isPrivate, isStatic, type, key }) =>
    isPrivate && !isStatic && type === 'PropertyDefinition' && key !== undefined ? [key] : [],
  )
}

const answers = new WeakMap<Function, boolean>()

function privateClasses(object: object): Function[] {
  const found: Function[] = []
  for (const prototype of prototypesOf(object)) {
    const cls = constructorOf(prototype)
    if (cls && isPrivateClass(cls) && !intrinsicPathOf(cls) && !builtinPathOf(cls)) found.push(cls)
  }
  return found
}

function isPrivateClass(cls: Function): boolean {
  const known = answers.get(cls)
  if (known !== undefined) return known
  const text = textOf(cls)
  let answer = false
  if (isClassText(text) && text.includes('#')) {
    try {
      answer = hasPrivateMembers(analyzeFunction(text).classLayout)
    } catch {
      // What the parser does not know is refused when the class itself is met.
      answer = /#/.test(text)
    }
  }
  answers.set(cls, answer)
  return answer
}
