import type { FunctionFacts } from './function-facts.ts'
import type { ClassNode } from './graph.ts'
import { UNIT_NAME } from './unit.ts'
import { hasPrivateMembers } from './private-fields.ts'
import type { Edit } from './edits.ts'

/**
 * How the text of a class is changed so that compiling it runs none of the user's code: the base class is given, static
 * fields and blocks ran already, computed names are known. A class with private members gets a way to make instances
 * without its constructors and initialisers, and to write private fields.
 */
export function classEdits(facts: FunctionFacts, node: ClassNode): Edit[] {
  const layout = facts.classLayout
  if (!layout) return []
  const edits: Edit[] = []
  const base = `(${UNIT_NAME.base})`
  if (layout.superRange) edits.push([...layout.superRange, base.padEnd(layout.superRange[1] - layout.superRange[0])])
  const names = new Map(node.keys)
  const stamps = hasPrivateMembers(layout)
  let added = ''
  const statics: string[] = []
  const fields: string[] = []
  for (const [index, member] of layout.members.entries()) {
    const { range, value, isPrivate, isStatic, type, key } = member
    const isField = type === 'PropertyDefinition'
    if (member.ranAlready) {
      edits.push([...range, blank(facts.text.slice(...range))])
      continue
    }
    const name = names.get(index)
    if (member.computed && name !== undefined)
      edits.push([
        ...member.computed.range,
        typeof name === 'string' ? JSON.stringify(name) : `${UNIT_NAME.keys}[${index}]`,
      ])
    if (isField && isPrivate && isStatic) {
      if (value) edits.push([...value, 'undefined'])
      statics.push(key ?? '')
    } else if (isField && isPrivate) fields.push(key ?? '')
    if (stamps && isField && !isStatic && value)
      edits.push([value[0], value[0], `${UNIT_NAME.stamp}.on?undefined:(`], [value[1], value[1], ')'])
    if (stamps && member.constructorBody !== undefined) {
      const at = member.constructorBody + 1
      edits.push([at, at, `if(${UNIT_NAME.stamp}.on){${layout.superRange ? 'super();' : ''}return}`])
    }
  }
  if (statics.length > 0)
    added += `;static ªsset(p){${statics.map((name) => `this.${name}=p[${JSON.stringify(name)}];`).join('')}}`
  if (stamps)
    added += `;static ªset(o,p){${fields.map((name) => `if(Object.hasOwn(p,${JSON.stringify(name)}))o.${name}=p[${JSON.stringify(name)}];`).join('')}}`
  const end = facts.text.lastIndexOf('}')
  if (added) edits.push([end, end, added])
  return edits
}

// Lines and columns of what follows stay as they are.
function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ')
}
