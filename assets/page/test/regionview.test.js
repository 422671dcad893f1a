import assert from "node:assert/strict";
import test from "node:test";
import { evenColumns } from "../regionview.js";

test("no card stands alone in a row where there is room for others beside it", () => {
  const columns = (/** @type {number} */ most) => [1, 2, 3, 4, 5, 6, 7].map(cards => evenColumns(cards, most));
  assert.deepEqual(columns(4), [1, 2, 3, 4, 3, 3, 4]);
  assert.deepEqual(columns(2), [1, 2, 2, 2, 2, 2, 2]);
  assert.deepEqual(columns(0), [1, 1, 1, 1, 1, 1, 1]);
  for (let cards = 3; cards < 40; cards++) {
    for (let most = 3; most < 9; most++) {
      const used = evenColumns(cards, most);
      assert.ok(used <= most && Math.ceil(cards / used) === Math.ceil(cards / most), `${cards} in ${most}`);
    }
  }
});
