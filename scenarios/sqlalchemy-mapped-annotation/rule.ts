import { endsInPackage, ownFrameOf, raised } from '../mechanisms/faults.ts';
import { asJson, asMapped, isMapped, isUnmapped, placesOf } from '../mechanisms/mapped-annotations.ts';
import type { Place } from '../mechanisms/mapped-annotations.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'sqlalchemy-mapped-annotation';

/** `Type annotation for "Item.name" can't be correctly interpreted for Annotated Declarative Table form.` */
const UNMAPPED = /^Type annotation for "(?<class>\w+)\.(?<name>\w+)" can't be correctly interpreted for Annotated Declarative/;
/** `Could not locate SQLAlchemy Core type for Python type <class 'dict'> inside the 'data' attribute Mapped annotation`   `… inside the Mapped[] annotation for the 'data' attribute; …` */
const NO_TYPE = /^Could not locate SQLAlchemy Core type .{1,600}?'(?<name>\w+)' attribute/s;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The annotation of a mapped attribute gives SQLAlchemy no column.',
  refines: ['third-party-crash', 'package-refuses-call', 'unknown-failure'],
  detect: (evidence, source) => {
    const types = ['ArgumentError', 'MappedAnnotationError'];
    return [
      ...raised(evidence, types, UNMAPPED).filter(({ exception }) => endsInPackage(exception)).map((seen): Finding => {
        const owner = seen.match?.groups?.['class'] ?? '';
        const name = seen.match?.groups?.['name'] ?? '';
        const places = placesOf(source).filter((each) => each.attribute.name === name && isUnmapped(each));
        // What a mixin or a base declares is told of the class that inherits it.
        const place = places.find((each) => each.owner === owner) ?? places.find(isMapped);
        return {
          ...placed(place, ownFrameOf(seen)), facts: { class: owner, name },
          what: `${owner}.${name} is annotated without Mapped[…].`,
          why: 'SQLAlchemy 2 reads the annotation of a mapped attribute, and takes only Mapped[…] for one.',
          todo: `Annotate ${name} as Mapped[…], or as ClassVar[…] when it is no column.`,
          candidates: place === undefined ? [] : asMapped(place, source), explains: [seen.at],
        };
      }),
      ...raised(evidence, types, NO_TYPE).filter(({ exception }) => endsInPackage(exception)).map((seen): Finding => {
        const own = ownFrameOf(seen);
        const name = seen.match?.groups?.['name'] ?? '';
        const place = placesOf(source).find(({ file, attribute, from, to }) => file.path === own?.file && attribute.name === name && from <= own.line && own.line <= to);
        return {
          ...placed(place, own), facts: { class: place?.owner ?? '', name },
          what: `${place?.owner ?? 'A mapped class'} has the attribute ${name}, for whose type SQLAlchemy knows no column.`,
          why: 'SQLAlchemy chooses the column from the Python type. For collections, and for classes of your own, it cannot know how they are to be stored.',
          todo: `Say how ${name} is stored: mapped_column(JSON) for collections, relationship() for other tables, a type of your own for the rest.`,
          candidates: place === undefined ? [] : asJson(place, source), explains: [seen.at],
        };
      }),
    ];
  },
};

function placed(place: Place | undefined, own: { readonly file: string; readonly line: number } | undefined): Pick<Finding, 'kind' | 'stage' | 'severity' | 'category' | 'file' | 'line'> {
  return { kind, stage: 'import', severity: 'CRITICAL', category: 'DATABASE', file: place?.file.path ?? own?.file ?? '', line: place?.attribute.line ?? own?.line ?? 1 };
}
