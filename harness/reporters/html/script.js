// The page reads well without this: it opens the log a link leads to, finds words in logs, and opens what paper needs to see.
'use strict';
(() => {
  const logs = [...document.querySelectorAll('details.log')];
  const openTarget = () => {
    const target = location.hash === '' ? null : document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target instanceof HTMLDetailsElement) target.open = true;
    for (let above = target.parentElement?.closest('details'); above; above = above.parentElement?.closest('details')) above.open = true;
    target.scrollIntoView();
    target.querySelector('.fault.first')?.scrollIntoView({ block: 'nearest' });
  };
  addEventListener('hashchange', openTarget);
  openTarget();

  const tools = document.querySelector('.tools');
  if (!tools) return;
  tools.hidden = false;
  const setAll = (open) => { for (const log of logs) log.open = open; };
  document.getElementById('open-all').addEventListener('click', () => setAll(true));
  document.getElementById('close-all').addEventListener('click', () => setAll(false));

  const find = document.getElementById('find');
  const found = document.getElementById('found');
  find.addEventListener('input', () => {
    const word = find.value.trim().toLowerCase();
    let hits = 0;
    for (const log of logs) {
      let here = 0;
      for (const line of log.querySelectorAll('.line')) {
        const hit = word !== '' && line.textContent.toLowerCase().includes(word);
        line.classList.toggle('hit', hit);
        if (hit) here += 1;
      }
      if (word !== '') log.open = here > 0;
      hits += here;
    }
    found.textContent = word === '' ? '' : `${hits} ${hits === 1 ? 'line' : 'lines'}`;
    if (hits > 0) document.querySelector('.hit').scrollIntoView({ block: 'center' });
  });

  // On paper nothing can be opened: fixes are shown, logs stay closed unless the reader opened them.
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll('details:not(.log):not([open])')];
    for (const each of opened) each.open = true;
  });
  addEventListener('afterprint', () => { for (const each of opened) each.open = false; });
})();
