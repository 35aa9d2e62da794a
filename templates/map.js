// Filters of the evidence map: hides rows and counts what is left. Every word and number of the page stands without it.
(function () {
  "use strict";
  var box = document.getElementById("filters");
  var status = document.getElementById("shown");
  var selects = Array.from(box.querySelectorAll("select"));
  var OF_PROGRAMME = ["family", "need", "evidence"];
  var OF_RESULT = ["setting", "design", "checked", "direction"]; // the order in which data-is holds them
  var all = function (selector, root) { return Array.from((root || document).querySelectorAll(selector)); };
  var programmes = all("tr[data-programme]");
  var lists = all("details[data-list]");
  var systems = all("tr[data-system]");

  function holds(element, wanted) {
    return wanted.every(function (choice) {
      var is = element.dataset.is === undefined ? element.getAttribute("data-" + choice.name) : element.dataset.is.split("|")[OF_RESULT.indexOf(choice.name)];
      return (" " + (is || "") + " ").includes(" " + choice.value + " ");
    });
  }

  function apply() {
    var wanted = selects.map(function (item) { return { name: item.dataset.filter, value: item.value }; }).filter(function (item) { return item.value; });
    var ofProgramme = wanted.filter(function (item) { return OF_PROGRAMME.includes(item.name); });
    var ofResult = wanted.filter(function (item) { return !OF_PROGRAMME.includes(item.name); });
    var eligible = new Set(programmes.filter(function (row) { return holds(row, ofProgramme); }).map(function (row) { return row.dataset.programme; }));
    var cells = new Set(), alive = new Set();
    lists.forEach(function (list) {
      var results = all("[data-is]", list), fits = 0;
      results.forEach(function (result) { result.hidden = !holds(result, ofResult); fits += !result.hidden; });
      var shown = fits > 0 && eligible.has(list.dataset.list);
      list.hidden = !shown;
      if (shown) { cells.add(list.id); alive.add(list.dataset.list); }
    });
    var shownProgrammes = 0, shownSystems = 0;
    programmes.forEach(function (row) {
      row.hidden = !(eligible.has(row.dataset.programme) && (!ofResult.length || alive.has(row.dataset.programme)));
      shownProgrammes += !row.hidden;
    });
    all("[data-cell]").forEach(function (element) { element.hidden = !cells.has(element.dataset.cell); });
    all("tbody[data-group]").forEach(function (group) { group.hidden = all("tr[data-programme]", group).every(function (row) { return row.hidden; }); });
    all("[data-block]").forEach(function (block) { block.hidden = all("details", block).every(function (list) { return list.hidden; }); });
    systems.forEach(function (row) { row.hidden = !holds(row, ofProgramme); shownSystems += !row.hidden; });
    all("#grid tfoot").forEach(function (foot) { foot.hidden = wanted.length > 0; });
    all("[data-none]").forEach(function (note) { note.hidden = (note.dataset.none === "systems" ? shownSystems : shownProgrammes) > 0; });
    var filling = { programmes: shownProgrammes, all_programmes: programmes.length, cells: cells.size, all_cells: lists.length, systems: shownSystems, all_systems: systems.length };
    status.textContent = status.dataset.words.replace(/\{(\w+)\}/g, function (_, name) { return filling[name].toLocaleString("en-GB"); });
  }

  // A link to a closed list opens it, so that the reader arrives at what was asked for.
  function open() {
    var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.tagName === "DETAILS") { target.open = true; target.scrollIntoView(); }
  }

  selects.forEach(function (item) { item.addEventListener("change", apply); });
  document.getElementById("reset").addEventListener("click", function () {
    selects.forEach(function (item) { item.value = ""; });
    apply();
  });
  addEventListener("hashchange", open);
  box.hidden = false;
  apply();
  open();
})();
