/** Ways out of a circle of imports. */
import { expect, test } from 'vitest';
import { stepsOut } from '../../scenarios/mechanisms/cycles.ts';
import { applyEdits } from '../../source/edits.ts';
import { sourceOf } from '../../source/read.ts';

test('a package that defines what its modules need imports them below', async () => {
  const listing = 'from sqlalchemy.orm import DeclarativeBase\n\nfrom app.models.user import User\n\n\nclass Base(DeclarativeBase):\n    pass\n';
  const user = 'from sqlalchemy.orm import Mapped, mapped_column\n\nfrom app.models import Base\n\n\nclass User(Base):\n    __tablename__ = "users"\n    id: Mapped[int] = mapped_column(primary_key=True)\n';
  const source = await sourceOf({ 'app/__init__.py': '', 'app/models/__init__.py': listing, 'app/models/user.py': user, 'app/main.py': 'from app import models\napp = models\n' }, { app: 'app.main:app' });
  const fixes = stepsOut(['app/models/__init__.py', 'app/models/user.py'], source);
  const below = fixes.find(({ title }) => title === 'Import User at the end of app/models/__init__.py');
  expect(applyEdits(source.files, below?.edits ?? []).get('app/models/__init__.py')).toBe('from sqlalchemy.orm import DeclarativeBase\n\n\n\nclass Base(DeclarativeBase):\n    pass\n\nfrom app.models.user import User\n');
});

test('an import whose name the module uses stays where it is', async () => {
  const listing = 'from app.models.user import User\n\n\nclass Base:\n    owner = User\n';
  const source = await sourceOf({ 'app/__init__.py': '', 'app/models/__init__.py': listing, 'app/models/user.py': 'from app.models import Base\n\n\nclass User(Base):\n    pass\n', 'app/main.py': 'from app import models\napp = models\n' }, { app: 'app.main:app' });
  expect(stepsOut(['app/models/__init__.py', 'app/models/user.py'], source).filter(({ title }) => title.includes('at the end of'))).toEqual([]);
});
