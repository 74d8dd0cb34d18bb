// Boxes by mouse: a press begins one, the release ends it. Python keeps the list.
const share = (place, start, length) =>
  Math.min(1, Math.max(0, (place - start) / length));

function corner(event) {
  const edges = element.querySelector('.board').getBoundingClientRect();
  return [
    share(event.clientY, edges.top, edges.height),
    share(event.clientX, edges.left, edges.width),
  ];
}

let first = null;
let sketch = null;

function show(event) {
  const last = corner(event);
  const low = first.map((value, axis) => Math.min(value, last[axis]));
  const high = first.map((value, axis) => Math.max(value, last[axis]));
  sketch.style.top = `${100 * low[0]}%`;
  sketch.style.left = `${100 * low[1]}%`;
  sketch.style.height = `${100 * (high[0] - low[0])}%`;
  sketch.style.width = `${100 * (high[1] - low[1])}%`;
  return last;
}

element.addEventListener('pointerdown', (event) => {
  if (!event.target.closest('.board')) return;
  event.preventDefault();
  first = corner(event);
  sketch = document.createElement('div');
  sketch.className = 'box';
  element.querySelector('.board').append(sketch);
});

// The mouse may leave the board meanwhile.
document.addEventListener('pointermove', (event) => first && show(event));
document.addEventListener('pointerup', (event) => {
  if (!first) return;
  const box = [...first, ...show(event)];
  sketch.remove();
  first = null;
  trigger('submit', { box });
});
