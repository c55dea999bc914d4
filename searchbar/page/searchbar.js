/* Here is a page or a shadow root with the search box in it: give me what the visitor asks for. */
"use strict";
(() => {
const SUGGEST = 150, PAUSE = 200, BAR = 200, SLOW = 4000, GIVE_UP = 20000, RECENT = 8, VALUES = 8, FEW = 12, TALL = 32, LONGEST = 160, NEAREST = 3, TOPICS = 5, MEMORY = 200;
const NONE = { q: "", like: "", filters: new Map(), sort: "", cut: "", page: 1, all: false };
const STATUSES = { 401: "key", 409: "swapped", 429: "many", 500: "broken", 502: "restarting", 503: "restarting", 504: "restarting" };
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'" };

/* A browser that keeps nothing still searches. */
const recalled = (name) => { try { return JSON.parse(localStorage["searchbar." + name] || null); } catch {} };
const remember = (name, value) => { try { localStorage["searchbar." + name] = JSON.stringify(value); } catch {} };

/* An element. Everything that comes from a catalogue passes through here as text, never as markup. */
const h = (name, ...kids) => {
	const [tag, ...classes] = name.split(".");
	const node = /^(svg|use|rect|title)$/.test(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
	if (classes.length) node.setAttribute("class", classes.join(" "));
	if (kids[0]?.constructor === Object) for (const [key, value] of Object.entries(kids.shift())) {
		if (key.startsWith("on")) node[key] = value;
		else if (value != null && value !== false) node.setAttribute(key, value === true ? "" : value);
	}
	node.append(...kids.flat(9).filter(Boolean));
	return node;
};
const icon = (name) => h("svg", { "aria-hidden": "true" }, h("use", { href: "#i-" + name }));
const button = (name, label, onclick, props) => h("button" + name, { type: "button", onclick, ...props }, label);
const plain = (text) => String(text ?? "").replace(/[\u202d\u202e]/g, "");
const bdi = (text) => h("bdi", plain(text));
const web = (url) => { try { const u = new URL(url); return /^https?:$/.test(u.protocol) && u; } catch {} };
const tag = (text) => (/^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$/.test(text) ? text.replaceAll("_", "-") : null);
const modified = (event) => event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
/* Whether items are shown without a question; and whether nothing is asked at all. */
const browsing = ({ q, like, filters, sort, all }) => !q.trim() && !like && !!(all || filters.size || sort);
const atHome = (state) => !state.q.trim() && !state.like && !browsing(state);
/* A Map, since a column may be called `constructor`, which every object has. */
const within = (state, field, values) => {
	const filters = new Map(state.filters);
	values.length ? filters.set(field, values) : filters.delete(field);
	return { ...state, filters, cut: "", page: 1, all: true };
};
const without = (state, field, value) => within(state, field, state.filters.get(field).filter((other) => other !== value));
const unfiltered = (state) => ({ ...state, filters: NONE.filters, cut: "", page: 1, all: true });

/* ---- values; values.py and details.py do the same where there is no script ---- */
const TRUTHS = { true: "yes", 1: "yes", yes: "yes", false: "no", 0: "no", no: "no" };
const digits = (x) => (x && (x < 1e-6 || x >= 1e16) ? x.toExponential() : String(x));
const ordered = (field) => field.type === "number" || field.type === "date";
const ends = (text) => {
	const at = text.indexOf("..");
	return (at < 0 ? [text, text] : [text.slice(0, at), text.slice(at + 2)]).map((end) => end.trim());
};
/* Every `!` that a value itself begins with is written twice; one left over means not. */
const signs = (value) => /^!*/.exec(value)[0];
const said = (value) => [signs(value).length % 2 > 0, value.slice(Math.ceil(signs(value).length / 2))];
const asking = (value) => signs(value) + value;
const texts = (value) => [value].flat().filter((text) => typeof text === "string" && text);
const picture = (fields, it) => [it.image_url, ...fields.filter((f) => f.type === "image").flatMap((f) => texts(own(it.fields, f.name)))].map(web).find(Boolean);
const own = (table, name) => (table && Object.hasOwn(table, name) ? table[name] : undefined);
/* A month or a year as the day that it begins or ends with. */
const firstDay = (text) => text + (/^\d{4}$/.test(text) ? "-01-01" : /^\d{4}-\d\d$/.test(text) ? "-01" : "");
const lastDay = (text) => {
	if (/^\d{4}$/.test(text)) return text + "-12-31";
	return /^[1-9]\d{3}-(0[1-9]|1[0-2])$/.test(text) ? `${text}-${new Date(Date.UTC(...text.split("-").map(Number), 0)).getUTCDate()}` : text;
};
const ranged = (low, high) => {
	const turned = low && high && (isNaN(low) || isNaN(high) ? low > high : Number(low) > Number(high));
	return (turned ? [high, low] : [low, high]).join("..");
};

/* ---- words: the messages of one language, and its numbers, dates and plurals ---- */
const speak = ({ intl, unit_first: before, unit_close: close, messages }) => {
	const plural = new Intl.PluralRules(intl), grouped = new Intl.NumberFormat(intl);
	const whole = (n) => grouped.format(n);
	/* A message in pieces, with what stands in its places; a counted one has the form for `n`, or for `count`. */
	const pieces = (key, values = {}) => {
		const [group, name] = key.split("."), { count, n = count } = values;
		let message = messages[group][name];
		if (typeof message === "object") message = message[plural.select(n)] ?? message.other;
		return message.split(/\{(\w+)\}/).map((piece, i) => (i % 2 ? (typeof values[piece] === "number" ? whole(values[piece]) : values[piece]) : piece));
	};
	const t = (key, values) => pieces(key, values).join("");
	const unitFirst = (unit) => unit && before.includes(unit.slice(-1));
	const number = (x, unit, places = 0) => {
		let text = digits(Math.abs(x));
		/* A year keeps its four figures together. */
		const useGrouping = unit || text.split(".")[0].length > 4 ? "auto" : false;
		if (!text.includes("e")) text = new Intl.NumberFormat(intl, { minimumFractionDigits: places, maximumFractionDigits: 20, useGrouping }).format(text);
		const sign = x < 0 ? "-" : "";
		if (unitFirst(unit)) return sign + unit + text;
		return sign + text + (unit && !close.includes(unit) ? "\u00a0" : "") + unit;
	};
	const date = (text) => {
		const [, year, month, day] = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ].*)?)?)?$/.exec(text) || [];
		if (!month || month < 1 || month > 12) return text;
		const parts = new Intl.DateTimeFormat(intl, { year: "numeric", month: "short", day: day && "numeric", timeZone: "UTC" }).formatToParts(Date.UTC(2024, month - 1));
		return parts.map(({ type, value }) => ({ year, day: Number(day) })[type] ?? value).join("");
	};
	const written = (field, value) => {
		if (field.type === "date") return plain(date(String(value)));
		if (typeof value === "string" && !/^-?\d{1,15}(\.\d{1,15})?$/.test(value)) return plain(value);
		return number(Number(value), field.unit);
	};
	const span = (field, low, high) => {
		let first = written(field, low), last = written(field, high);
		if (low === high) return first;
		if (low === "") return t("values.up_to", { value: last });
		if (high === "") return t("values.from", { value: first });
		if (field.type === "date") return `${first} – ${last}`;
		if (field.unit && !unitFirst(field.unit) && first.endsWith(field.unit)) first = first.slice(0, -field.unit.length).replace(/\u00a0$/, "");
		return `${first}–${last}`;
	};
	const not = (denied, value) => (denied ? t("values.not", { value }) : value);
	const chip = (field, value) => {
		if (!ordered(field) && field.type !== "boolean") {
			const [denied, text] = said(value);
			return not(denied, plain(text));
		}
		const text = value.replace(/^!/, ""), truth = own(TRUTHS, text.toLowerCase());
		const word = ordered(field) ? span(field, ...ends(text)) : truth ? t("values." + truth) : plain(text);
		return t(ordered(field) ? "values.range" : "values.truth", { field: field.label, value: not(value[0] === "!", word) });
	};
	/* One field of a result: its label and its value, or nothing. */
	const detail = (field, value) => {
		const row = (kind, ...kids) => h("li." + kind, h("span", bdi(field.label)), " ", kids);
		const write = {
			boolean: () => typeof value === "boolean" && h("li.boolean", h("b", { "aria-hidden": "true" }, value ? "✓" : "–"), " ", bdi(field.label), h("span.unseen", ": " + t(value ? "values.yes" : "values.no"))),
			number: () => typeof value === "number" && row(field.decimals ? "money" : "number", bdi(number(value, field.unit, field.decimals))),
			date: () => typeof value === "string" && row("date", h("time", { datetime: value }, plain(date(value)))),
			url: () => {
				const url = texts(value).map(web).find(Boolean);
				return url && row("url", h("a", { href: url.href, rel: "noopener" }, bdi(url.host)));
			},
			image: () => "",
		}[field.type];
		if (write) return write();
		const text = texts(value).join(", "), letters = [...text];
		return text && row(field.type, bdi(letters.length > LONGEST ? letters.slice(0, LONGEST).join("") + "…" : text));
	};
	return { t, pieces, whole, span, chip, detail };
};

/* `headers` go with whatever is asked; `moved` is told of each step of a box on another page. */
const start = (root, base, { headers, moved, set = JSON.parse(root.querySelector(".state").textContent) } = {}) => {
	const $ = (query) => root.querySelector(query), frame = $(".searchbar");
	const input = $("#q"), list = $("#suggestions"), results = $("#results"), bar = $(".progress"), panel = $(".panel"), dialog = $(".filters");
	const paged = root === document, latest = {}, answers = new Map();
	const fields = new Map(set.fields.map((field) => [field.name, field])), { t, pieces, whole, span, chip, detail } = speak(set.locale);
	const typed = new Map(), opened = new Set();
	let state, answer, options = [], active = -1, typing, again, tries = 0, barTimer, slowTimer, seen, leaving, led;

	/* ---- the state and its address ---- */
	const read = (search) => {
		const given = new URLSearchParams(search), filters = new Map(), one = (name) => given.get(name) || "";
		for (const [field, { names }] of fields) {
			const values = names.flatMap((name) => given.getAll(name)).filter((value) => value.trim());
			if (values.length) filters.set(field, values);
		}
		const page = Math.max(1, parseInt(one("page"), 10) || 1);
		return { q: one("q"), like: one("like"), filters, sort: one("sort"), cut: one("cut") === "none" ? "none" : "", page, all: given.has("q") && !one("q").trim() };
	};
	const query = ({ q, like, filters, sort, cut, page, all }) => {
		const pairs = [like ? ["like", like] : ["q", q]];
		for (const [field, values] of filters) for (const value of values) pairs.push([fields.get(field)?.names[0] || "f." + field, value]);
		pairs.push(["sort", sort], ["cut", cut], ["page", page > 1 ? page : ""]);
		const everything = all && !filters.size && !sort;
		return new URLSearchParams(pairs.filter(([name, value]) => value || (everything && name === "q"))).toString();
	};
	const href = (to) => base + (query(to) && "?" + query(to));
	/* A link is a real address, and a step of this box when followed without modifier keys. */
	const lead = (node, to) => {
		node.href = href(to);
		node.onclick = (event) => { if (!modified(event)) { event.preventDefault(); go(to); } };
		return node;
	};
	const link = (name, to, ...kids) => lead(h("a" + name, ...kids), to);
	/* What a page hears of this box; whether the box goes on by itself. */
	const notify = (name, detail) => frame.dispatchEvent(new CustomEvent("searchbar:" + name, { detail, bubbles: true, composed: true, cancelable: true }));
	const selects = (it, position) => notify("select", { id: it.id, title: it.title, url: it.url, position, question: state.q });
	const step = (to, y) => {
		moved?.(query(to));
		if (!paged || href(to) === location.href) return;
		/* All that is chosen in the sheet is one step, which closing it takes. */
		if (dialog.open) return history.replaceState({ y, sheet: true }, "", href(to));
		history.replaceState({ y: scrollY }, "");
		history.pushState({ y }, "", href(to));
	};
	const go = (to) => { step(to, 0); return show(to); };
	const keep = (to, given) => answers.set(query(to), given);

	/* ---- asking ---- */
	/* Only the newest request of a kind is ever answered; older ones are aborted and count for nothing. */
	const ask = async (kind, path) => {
		latest[kind]?.abort();
		const mine = latest[kind] = new AbortController();
		const current = () => { if (mine !== latest[kind] || mine.signal.aborted) throw { kind: "stale" }; };
		let reply, body;
		try {
			const signal = AbortSignal.any([mine.signal, AbortSignal.timeout(GIVE_UP)]);
			reply = await fetch(base + path, { signal, headers });
			body = await reply.text();
		} catch (error) {
			current();
			throw { kind: error.name === "TimeoutError" ? "late" : navigator.onLine ? "unreachable" : "offline" };
		}
		current();
		try { body = JSON.parse(body); } catch { body = null; }
		if (reply.ok && body) return body;
		/* What is no answer of ours came from something on the way: a proxy, or a network that asks to sign in. */
		throw { kind: STATUSES[reply.status] || (body ? "refused" : "between"), sentence: String(body?.detail || reply.statusText), after: Number(reply.headers.get("Retry-After")) };
	};
	const path = (to, offset, k, release) => {
		const asked = new URLSearchParams(query({ ...to, page: 1, like: "" }));
		for (const [name, value] of Object.entries({ k, offset, release })) if (value) asked.set(name, value);
		return (to.like ? "similar/" + encodeURIComponent(to.like) : "search") + "?" + asked;
	};
	const show = async (to) => {
		clearTimeout(again);
		close();
		for (const kind of ["more", "search", "loosen", "find"]) latest[kind]?.abort();
		state = to;
		fill(to.q);
		const known = answers.get(query(to));
		if (known || atHome(to)) return open(to, known);
		wait(true);
		const k = to.page * set.size;
		if (paged && k > set.most) return location.reload();
		try {
			const given = await ask("search", path(to, 0, Math.min(k, set.most)));
			tries = 0;
			keep(to, given);
			if (to.q && !recalled("forget")) remember("recent", [to.q, ...recent().filter((text) => text !== to.q)].slice(0, RECENT));
			open(to, given);
			if (paged) scrollTo(0, 0);
			const less = to.cut && $("#less");
			if (!less) return;
			less.scrollIntoView({ block: "center" });
			if (results.contains(root.activeElement)) less.focus({ preventScroll: true });
		} catch (error) { fail(error); }
	};
	const more = async () => {
		const to = { ...state, page: state.page + 1 }, { hits, release } = answer;
		wait(true);
		try {
			const next = await ask("more", path(to, hits.length, set.size, release));
			if (next.release !== release) throw { kind: "swapped" };
			const whole = { ...answer, hits: [...hits, ...next.hits] };
			step(to, scrollY);
			keep(to, whole);
			open(to, whole);
			root.querySelectorAll(".hit h2 > *")[hits.length]?.focus({ preventScroll: true });
		} catch (error) {
			if (error.kind !== "swapped") return fail(error, more);
			answers.clear();
			const first = { ...state, page: 1 };
			if (paged) history.replaceState({ y: 0 }, "", href(first));
			await show(first);
			results.prepend(h("p.notice", { role: "status" }, t("results.changed")));
		}
	};
	/* Old results dim and a quiet bar appears, but only when it takes a while. */
	const wait = (on) => {
		clearTimeout(barTimer);
		clearTimeout(slowTimer);
		results.ariaBusy = on;
		const old = $(".notice");
		if (old?.contains(root.activeElement)) results.focus({ preventScroll: true });
		old?.remove();
		bar.hidden = true;
		if (!on) return;
		barTimer = setTimeout(() => { bar.hidden = false; say(t("results.searching")); }, BAR);
		slowTimer = setTimeout(() => results.prepend(notice(told("slow"), () => show(state))), SLOW);
	};
	const notice = ([title, sentence], retry) => h("p.notice", { role: "status" }, title, ". ", sentence, " ", button("", t("endings.retry"), retry));
	const fail = (error, beside) => {
		if (error.kind === "stale") return;
		if (!error.kind) console.error(error);
		const refocus = held();
		wait(false);
		const { kind: cause = "broken", after, sentence } = error, asked = state, kind = cause === "swapped" ? "restarting" : cause;
		const said = kind === "refused" ? [t("endings.refused"), h("span", { lang: "en", dir: "ltr" }, sentence)] : told(kind, { count: after || 5 });
		const retry = () => { clearTimeout(again); if (asked === state && frame.isConnected) beside ? beside() : show(state); };
		/* Who is gone comes back: asked again by itself, each time a little later. */
		if (kind === "restarting" || kind === "unreachable") again = setTimeout(retry, 1000 * (after || Math.min(30, 2 ** ++tries)));
		if (kind === "offline") addEventListener("online", retry, { once: true });
		if (beside) return $(".more").append(notice(said, retry));
		place(state.like ? "" : about());
		results.replaceChildren(ending(kind, said, kind !== "refused" && button(".button", t("endings.retry"), retry)));
		facets({});
		refocus();
		say(said[0]);
	};
	const told = (kind, values) => [t("endings." + kind), t(`endings.${kind}_sentence`, values)];
	const ending = (kind, [title, sentence], ...kids) => h("div.ending." + kind, h("h1", { tabindex: -1 }, title), h("p", sentence), kids);
	/* What has the focus goes when it is shown anew: the focus goes to what took its place, or to what the deed led to, never to the body. */
	const held = () => {
		const was = root.activeElement, inside = was && (results.contains(was) || $(".home").contains(was)), chip = inside && was.closest(".chips");
		const anew = led;
		led = false;
		return () => {
			if (anew) return $("#results h1")?.focus({ preventScroll: true });
			if (!inside || (was.isConnected && was.checkVisibility())) return;
			const next = (chip && $(".chips a")) || $("#results h1");
			(next?.checkVisibility() ? next : input).focus({ preventScroll: true });
		};
	};
	const say = (text) => { $("#said").textContent = text; };
	const place = (title, home) => {
		$(".home").hidden = !home;
		results.hidden = !!home;
		if (paged) document.title = (title && title + " · ") + set.name;
	};

	/* ---- showing ---- */
	const open = (to, given) => {
		const refocus = held();
		wait(false);
		state = to;
		answer = given;
		if (!given) return home(), refocus();
		place(about());
		const { hits, did_you_mean: meant } = given, filtered = to.filters.size > 0, poor = given.no_good_match || !hits.length;
		const unheld = given.read?.phrases_dropped || [];
		const rest = given.total > hits.length && (hits.length < set.furthest ? button(".button", t("results.more"), more) : t("results.end", { count: set.furthest }));
		const less = !poor || !hits.length ? lessLikely(given) : "", fits = poor ? hits.length : fitting(given);
		const rows = hits.flatMap((it, at) => [at === fits && h("li.less", { id: "less", tabindex: -1 }, h("h2", t("results.less_likely"))), hit(it, at)]).filter(Boolean);
		const pictured = hits.some((it) => picture(set.fields, it)) ? ".pictured" : "", listed = (some) => some.length > 0 && h("ol.hits" + pictured, some);
		const foot = h("div.more", rest, less, !poor && missing());
		lay([
			!poor ? head() : hits.length ? doubt() : filtered ? blocked() : ending("nothing", told("nothing"), h("p", missing())),
			filtered && chips(poor),
			unheld.length > 0 && h("p.meant", pieces("results.unheld", { phrases: unheld.flatMap((phrase, i) => [i ? ", " : "", bdi(t("results.quoted", { text: phrase }))]) })),
			meant && h("p.meant", pieces("results.meant", { question: link("", { ...to, q: meant, cut: "", page: 1 }, bdi(meant)) })),
			...poor ? [listed(rows.slice(0, NEAREST)), rows.length > NEAREST ? h("details", h("summary", t("results.nearest")), listed(rows.slice(NEAREST)), foot) : foot] : [listed(rows), foot],
		].filter(Boolean));
		facets(poor && !filtered ? {} : given.facets || {});
		$(".filters .go").textContent = poor ? t("filters.close") : t("filters.show", { results: total(given) });
		refocus();
		say(poor ? $("#results h1").textContent : t("results.said", { total: total(given), question: [state.like || to.q ? about() : t("home.all"), ...inUse(named)].join(", ") }));
		notify("search", { ...to, filters: Object.fromEntries(to.filters), total: given.total, hits });
	};
	/* The head stays where it is while what it says changes: who sorts by keys keeps the list of orders. */
	const lay = (parts) => {
		const head = $(".head");
		if (head && head === parts[0]) {
			for (const other of [...results.childNodes]) if (other !== head) other.remove();
			results.append(...parts.slice(1));
		} else results.replaceChildren(...parts);
	};
	const doubt = () => h("div.doubt", h("h1", { tabindex: -1 }, t("endings.nearest")), h("p", t("endings.nothing_sentence")), missing());
	const about = () => {
		if (state.like) return t("results.like", { title: answer.like });
		return browsing(state) ? inUse(inWords).join(", ") || t("home.all") : state.q;
	};
	const filtersInUse = () => [...state.filters].flatMap(([field, values]) => values.map((value) => [field, value]));
	const inWords = (field, value) => chip(fields.get(field), value);
	const isWord = (field) => !ordered(field) && field.type !== "boolean";
	const named = (name, value) => {
		const field = fields.get(name), text = chip(field, value);
		return isWord(field) ? t("values.truth", { field: field.label, value: text }) : text;
	};
	const inUse = (words) => filtersInUse().map(([field, value]) => words(field, value));
	const orders = () => {
		const all = set.sorts, names = new Map(all), rest = all.slice(1);
		const list = !browsing(state) ? [...all] : set.unasked ? [["", set.unasked], ...rest] : rest;
		if (state.sort && !list.some(([value]) => value === state.sort)) list.push([state.sort, plain(state.sort.split(",").map((key) => names.get(key) || key).reduce((first, next) => t("sort.then", { first, next })))]);
		return list;
	};
	/* In another order than their own those that fit are among the others, and nothing tells them apart. */
	const fitting = (given) => given.total - (state.cut && !state.sort ? given.less_likely || 0 : 0);
	const lessLikely = ({ total: fits, less_likely: n }) => n > 0 && !state.cut && link(".button",
		{ ...state, sort: "", cut: "none", page: Math.min(Math.floor(fits / set.size) + 1, Math.floor(set.furthest / set.size)), all: true }, t("results.show_less_likely", { count: n }));
	const total = (given) => {
		const n = fitting(given), over = !state.cut && /\+$/.test(given.total_text) ? "+" : "";
		return t(browsing(state) ? "results.items" : "results.results", { n, count: whole(n) + over });
	};
	const heading = () => h("h1", { tabindex: -1 }, state.like && [pieces("results.like", { title: bdi(answer.like) }), " · "], total(answer), h("small", " " + t("results.time", { ms: Math.max(1, Math.round(answer.took_ms.total)) })));
	const head = () => {
		const there = $(".head"), list = orders(), offered = JSON.stringify(state.like ? [] : list);
		if (there?.dataset.orders === offered) {
			there.querySelector("h1").replaceWith(heading());
			if (!state.like) there.querySelector("select").value = state.sort;
			return there;
		}
		return h("div.head", { "data-orders": offered }, heading(),
			button(".sheet", t("filters.name"), sheet), density(),
			!state.like && h("label", t("sort.name") + " ", h("select", { onchange: ({ target }) => go({ ...state, sort: target.value, cut: "", page: 1 }) },
				list.map(([value, label]) => h("option", { value, selected: value === state.sort }, label)))));
	};
	const density = () => button(".density", "≡", ({ currentTarget: target }) => {
		const dense = frame.classList.toggle("dense");
		target.ariaPressed = dense;
		remember("dense", dense);
	}, { "aria-pressed": String(frame.classList.contains("dense")), "aria-label": t("results.dense"), title: t("results.dense") });
	/* On a phone the filters are a sheet, one step of the history: Back takes it away. */
	const sheet = () => {
		dialog.prepend(panel);
		dialog.showModal();
		panel.focus();
		if (paged) history.pushState({ y: scrollY, sheet: true }, "");
	};
	const chips = (poor) => h("ul.chips", { "aria-label": t("filters.in_use") },
		filtersInUse().map(([field, value]) => h("li", link("", without(state, field, value),
			{ "aria-label": t("filters.remove", { filter: named(field, value) }) }, bdi(named(field, value)), icon("clear")))),
		h("li", link("", unfiltered(state), t("filters.clear"))),
		poor && h("li.sheet", button(".sheet", t("filters.name"), sheet)));
	const hit = (it, at) => {
		const url = web(it.url), lang = tag(it.language), image = picture(set.fields, it), badge = it.matched && t("hit." + it.matched), reason = badge && t(`hit.${it.matched}_reason`);
		const title = it.title_marked ? marked(it.title_marked) : plain(it.title || it.id), others = (it.variants || 1) - 1;
		const group = own(it.fields, set.group), variants = t("hit.variants", { count: others });
		const details = set.fields.filter((field) => field.show).sort((a, b) => a.show - b.show).map((field) => detail(field, own(it.fields, field.name))).filter(Boolean);
		const onclick = (event) => {
			if (rated()) tell("click", it, at);
			if (!selects(it, at + 1)) event.preventDefault();
		};
		const address = url ? url.href : href(state) + "#hit-" + encodeURIComponent(it.id);
		return h("li.hit", { id: "hit-" + it.id, dir: "auto" },
			image ? h("img.picture", { src: image.href, alt: "", width: 88, height: 88, loading: "lazy", referrerpolicy: "no-referrer", onerror: ({ target }) => target.replaceWith(blank(it)) }) : blank(it),
			h("article",
				button(".menu.script", "⋯", menu, { "aria-expanded": "false", "aria-label": t("hit.menu") }),
				h("h2", url ? h("a", { href: url.href, rel: "noopener", target: set.target, lang, onclick, onauxclick: onclick }, title) : h("span", { lang, tabindex: -1 }, title)),
				h("p.from", url && bdi(url.host), badge && h("span.badge." + it.matched, { title: reason }, badge), others > 0 && (typeof group === "string" && fields.has(set.group) ? link("", within(state, set.group, [asking(group)]), variants) : h("span", variants))),
				details.length > 0 && h("ul.shown", { "aria-label": t("hit.details") }, details),
				topics(it.topics || []),
				it.snippet && snippet(it),
				h("div.actions",
					link("", { ...NONE, like: it.id }, t("hit.like")),
					button("", t("hit.copy"), ({ target }) => copy(target, address)),
					!state.like && !browsing(state) && button("", t("hit.why"), ({ target }) => why(target, at), { "aria-expanded": "false" }),
					rated() && h("span.thumbs", thumb("good", it, at), thumb("bad", it, at)))));
	};
	const blank = (it) => h("span.picture", { "aria-hidden": "true" }, [...plain(it.title || it.id).trim()][0] || "");
	const menu = ({ currentTarget: target }) => { target.ariaExpanded = target.closest("article").classList.toggle("open"); };
	const topics = (all) => {
		const row = (topic) => h("li", link("", within(state, "topic", [asking(topic)]), bdi(topic)));
		const more = all.slice(TOPICS), rest = more.length > 0 && h("li", button("", "+" + whole(more.length), ({ target }) => {
			const others = more.map(row);
			target.parentNode.replaceWith(...others);
			others[0].firstChild.focus();
		}, { "aria-label": t("hit.more_topics", { count: more.length }) }));
		return all.length > 0 && h("ul.topics", { "aria-label": t("hit.topics") }, all.slice(0, TOPICS).map(row), rest);
	};
	/* A snippet or a title is escaped text with one kind of markup: every second piece is what stood in <mark>. */
	const marked = (text) => text.split(/<mark>(.*?)<\/mark>/s).map((piece, i) => {
		const words = plain(piece.replace(/&(amp|lt|gt|quot|#x27);/g, (_, name) => ENTITIES[name]));
		return i % 2 ? h("mark", words) : words;
	});
	const snippet = (it) => {
		const marks = marked(it.snippet);
		return h(it.matched === "meaning" && !marks[1] ? "p.snippet.near" : "p.snippet", { dir: "auto", lang: tag(it.language) }, marks);
	};

	/* ---- what a result can do ---- */
	const copy = async (target, text) => {
		let said = t("hit.copied");
		try { await navigator.clipboard.writeText(text); } catch { said = text; }
		target.textContent = said;
		say(said);
		setTimeout(() => { target.textContent = t("hit.copy"); }, 9000);
	};
	const why = async (target, at) => {
		const shown = target.ariaExpanded !== "true", article = target.closest("article");
		target.ariaExpanded = shown;
		article.querySelector("dl")?.remove();
		if (!shown) return;
		const reasons = article.appendChild(h("dl"));
		let rows = [[t("hit.why_name"), t("hit.why_unknown")]];
		try { rows = (await ask("why" + at, `why?${query({ ...state, page: 1 })}&at=${at}`)).reasons; } catch {}
		reasons.append(...rows.flatMap(([name, value]) => [h("dt", name), h("dd", value)]));
	};
	/* What is shown without a question answers none: it is neither praised nor missed. */
	const rated = () => set.feedback && !browsing(state);
	/* A beacon outlives the page, but carries no key and, on another site, not always its origin. */
	const tell = (kind, it, at, reason) => {
		const to = base + "feedback", body = JSON.stringify({ kind, question: state.q || "like:" + state.like,
			request_id: answer?.request_id, release: answer?.release, id: it?.id, position: it && at + 1, reason });
		if (paged) navigator.sendBeacon(to, body);
		else fetch(to, { method: "POST", body, headers, keepalive: true }).catch(() => {});
	};
	const thumb = (kind, it, at) => {
		const label = t("hit." + kind);
		return button("." + kind, icon("thumb"), ({ currentTarget: target }) => {
			const on = target.ariaPressed !== "true", article = target.closest("article");
			for (const each of target.parentNode.children) each.ariaPressed = on && each === target;
			article.querySelector(".reason")?.remove();
			if (!on) return;
			tell(kind, it, at);
			say(t("hit.thanks"));
			if (kind === "bad") article.append(reason(t("hit.wrong"), (text) => tell(kind, it, at, text)));
		}, { "aria-pressed": "false", "aria-label": label, title: label });
	};
	const reason = (label, send) => {
		const field = h("input", { maxlength: 500, placeholder: label, "aria-label": label });
		return h("form.reason", { onsubmit: (event) => {
			event.preventDefault();
			send(field.value.trim());
			event.target.replaceChildren(h("p", { role: "status", tabindex: -1 }, t("hit.thanks")));
			event.target.firstChild.focus();
		} }, field, h("button", t("hit.send")));
	};
	const missing = () => rated() && button(".plain", t("hit.missing"), ({ target }) => {
		const form = reason(t("hit.expected"), (text) => tell("missing", null, 0, text));
		target.replaceWith(form);
		form.firstChild.focus();
	});
	/* Nothing with these filters: offer to drop the one that blocks most. */
	const blocked = () => {
		const offer = h("p"), drop = (to, ...kids) => offer.replaceChildren(link(".button", to, kids)), asked = state, all = filtersInUse();
		ask("loosen", "loosen?" + query(asked)).then(({ field, value, total: n }) => field
			? drop(without(asked, field, value), pieces("filters.drop", { filter: bdi(inWords(field, value)), count: n }))
			: drop(unfiltered(asked), t("filters.drop_all")), () => {});
		const isOne = all.length === 1 && isWord(fields.get(all[0][0])) && !said(all[0][1])[0];
		const title = pieces(isOne ? "endings.filtered_one" : "endings.filtered", { filters: bdi(all.map(([field, value]) => inWords(field, value)).join(", ")) });
		return ending("filtered", [title, t("endings.filtered_sentence")], offer);
	};

	/* ---- filters ---- */
	const facets = (given) => {
		const focused = root.activeElement, inside = panel.contains(focused);
		panel.replaceChildren(...set.fields.map((field) => {
			const facet = own(given, field.name), on = state.filters.get(field.name) || [];
			return facet && field.names.length && (on.length || field.name !== set.group) && (ordered(field) ? range : field.type === "boolean" ? toggle : choices)(field, facet, on);
		}).filter(Boolean));
		frame.classList.toggle("faceted", !!panel.firstChild);
		if (!inside || focused.localName !== "input") return;
		const box = focused.type === "checkbox", again = [...panel.querySelectorAll("input")].find((i) => i.name === focused.name && (!box || i.value === focused.value));
		/* What was typed in the meantime stays. */
		if (again && !box && focused.value !== focused.defaultValue) again.value = focused.value;
		(again || (dialog.open ? panel : $("#results h1")))?.focus({ preventScroll: true });
	};
	const choices = (field, facet, on) => {
		const find = facet.find || "", rows = boxes(field, facet, on);
		if (rows.length < 2 && !on.length && !find) return;
		return h("fieldset.values" + (opened.has(field.name) ? ".whole" : ""), h("legend", field.label),
			(find || rows.length > FEW) && h("input", { type: "search", name: "find." + field.name, value: find, placeholder: t("filters.find"),
				"aria-label": t("filters.find_in", { field: field.label }), autocomplete: "off", oninput: ({ target }) => seek(field, target) }),
			rows, after(field, facet, rows));
	};
	const boxes = ({ name: field, names: [name] }, { values = {} }, on) => {
		const stated = on.map((value) => [value, ...said(value)]).filter(([, denied]) => !denied), low = (text) => text.toLowerCase();
		const chosen = new Map(stated.map(([value, , text]) => [low(text), value])), found = new Set(Object.keys(values).map(low));
		const gone = stated.filter(([, , text]) => !found.has(low(text))).map(([, , text]) => [text, 0]);
		return [...gone, ...Object.entries(values).sort((a, b) => b[1] - a[1])].map(([text, n]) => {
			const value = chosen.get(low(text)) ?? asking(text), checked = chosen.has(low(text));
			return h("label", h("input", { type: "checkbox", name, value, checked, onchange: ({ target }) => filter(field, value, target.checked) }),
				bdi(text), h("span", whole(n)));
		});
	};
	const after = (field, { values = {}, total_values: every = 0, find }, rows) => {
		const shown = Object.keys(values).length;
		return [every > shown && h("small.few", t("filters.part", { count: shown, whole: every })),
			find && !rows.length && h("small.few", t("filters.unfound")),
			rows.length > VALUES && !opened.has(field.name) && button(".plain", t("filters.all", { count: rows.length }), ({ target }) => {
				const box = target.parentNode;
				opened.add(field.name);
				box.classList.add("whole");
				box.querySelectorAll("[type=checkbox]")[VALUES].focus();
				target.remove();
			})];
	};
	/* Values that begin as typed, of all that there are without this field's own filters, in place of those most frequent. */
	const seek = (field, box) => {
		clearTimeout(typing);
		typing = setTimeout(async () => {
			const find = box.value.trim(), asked = state, on = state.filters.get(field.name) || [];
			let facet = answer.facets[field.name];
			try {
				if (find || facet.find) facet = { ...await ask("find", `facets/${encodeURIComponent(field.names[0])}?${new URLSearchParams([...new URLSearchParams(query({ ...within(asked, field.name, []), sort: "", cut: asked.cut })), ["prefix", find]])}`), find };
			} catch { return; }
			if (asked !== state) return;
			const rows = boxes(field, facet, on);
			while (box.nextSibling) box.nextSibling.remove();
			box.after(...[rows, after(field, facet, rows)].flat().filter(Boolean));
			say(t("filters.values", { count: rows.length }));
		}, SUGGEST);
	};
	const toggle = ({ name: field, names: [name], label }, { values = {} }, on) => {
		const yes = values.true || 0;
		if (!on.length && !(yes && yes < answer.total)) return;
		return h("fieldset.switch", h("label", h("input", { type: "checkbox", role: "switch", name, value: "true", checked: on.some((value) => /^(true|yes|1)$/i.test(value)),
			onchange: ({ target }) => go(within(state, field, target.checked ? ["true"] : [])) }), bdi(label), h("span", whole(yes))));
	};
	const range = (field, { min, max, histogram = [] }, on) => {
		if (!on.length && (min == null || min === max)) return;
		const stated = on.filter((value) => value[0] !== "!"), dated = field.type === "date", day = (text, end) => end(text).slice(0, 10);
		let [low, high] = stated.length === 1 ? ends(stated[0]) : ["", ""];
		if (dated) [low, high] = [day(low, firstDay), day(high, lastDay)];
		const enter = ({ target }) => {
			const [from, to] = [...target.closest(".ends").querySelectorAll("input")].map((each) => each.value.trim());
			/* A year that is still being typed. */
			if (dated && /^0/.test(target.value)) return;
			go(within(state, field.name, [...on.filter((value) => value[0] === "!"), ...(from || to ? [ranged(from, to)] : [])]));
		};
		const bound = (end, value, least) => h("label", h("span.unseen", field.label), " ", h("small", t("filters." + end)),
			h("input", { type: field.type, step: "any", name: `${end}.${field.name}`, value, placeholder: least == null ? "" : typeof least === "number" ? (least < 0 ? "-" : "") + digits(Math.abs(least)) : least, onchange: enter }));
		return h("fieldset.range", h("legend", bdi(field.label), field.unit && [" ", h("small", field.unit)]),
			histogram.length > 0 && bars(field, histogram),
			h("div.ends", bound("from", low, min), h("span", { "aria-hidden": "true" }, "–"), bound("to", high, max)),
			dated && min && h("small.few", span(field, min, max)));
	};
	const bars = (field, histogram) => {
		const most = Math.max(...histogram.map((bar) => bar.count)) || 1, says = histogram.map((bar) => `${span(field, bar.from, bar.to)}: ${whole(bar.count)}`);
		return h("svg.histogram", { role: "img", viewBox: `0 0 ${histogram.length * 10} ${TALL}`, preserveAspectRatio: "none", "aria-label": t("filters.bars", { bars: says.join("; ") }) },
			histogram.map(({ count: n }, at) => {
				const height = Math.max(Math.floor((2 * TALL * n + most) / (2 * most)), Math.min(n, 1));
				return h("rect", { x: 10 * at, y: TALL - height, width: 9, height }, h("title", says[at]));
			}));
	};
	const filter = (field, value, on) => go(!on ? without(state, field, value)
		: within(state, field, [...(state.filters.get(field) || []), value]));

	/* ---- typing: the combobox pattern ---- */
	/* Enter keeps what is seen: results of what is typed as it was read, its last word finished. */
	const submit = () => {
		const q = input.value.trim(), reads = !list.hidden && seen?.text === q && seen.reads;
		close();
		/* The keyboard of a phone makes room for the results, which the focus goes to. */
		if ((led = matchMedia("(pointer: coarse)").matches)) input.blur();
		go({ ...state, q: reads || q, like: "", cut: "", page: 1, all: !q });
	};
	const fill = (text) => {
		if (input.value !== text) input.value = text;
		$(".clear").hidden = !text;
	};
	const mark = (at) => {
		active = at;
		options.forEach((option, i) => { option.ariaSelected = i === at; });
		if (at < 0) return input.removeAttribute("aria-activedescendant");
		input.setAttribute("aria-activedescendant", options[at].id);
		options[at].scrollIntoView({ block: "nearest" });
	};
	const choose = (option) => {
		const { text, kind, href: to } = option.dataset;
		if (kind === "item" && to) return close(), selects(option.it) && (set.target ? window.open(to, set.target, "noopener") : location.assign(to));
		if (kind === "topic") return close(), go(within({ ...state, q: "", like: "" }, "topic", [asking(text)]));
		fill(text);
		seen = null;
		submit();
	};
	const close = () => {
		clearTimeout(typing);
		latest.suggest?.abort();
		list.hidden = true;
		input.ariaExpanded = false;
		mark(-1);
	};
	/* What is typed is asked for after a pause, once for each beginning, and not where data is dear. */
	const ahead = async (text) => {
		if (!text || set.typing === "no" || navigator.connection?.saveData) return {};
		const about = new URLSearchParams(query({ ...state, q: text, like: "", sort: "", cut: "", page: 1 })).toString();
		if (!typed.has(about)) {
			const found = await ask("suggest", "typeahead?" + about);
			if (typed.size >= MEMORY) typed.clear();
			typed.set(about, found);
		}
		return typed.get(about);
	};
	const suggest = async (first = -1) => {
		const text = input.value.trim(), low = text.toLowerCase(), shown = !list.hidden;
		const mine = recent().filter((each) => each !== text && each.toLowerCase().startsWith(low)).slice(0, text ? 2 : RECENT);
		let found = {};
		try { found = await ahead(text); } catch (error) { if (error.kind === "stale") return; }
		if (root.activeElement !== input || input.value.trim() !== text) return;
		const { names = [], items = [], topics = [], popular = [], reads = "" } = found;
		options = [];
		const groups = [
			group("recent", mine, (each) => offer("recent", each, low)),
			group("names", names, (it) => offer("item", it.title || it.id, low, it)),
			group("items", items, (it) => offer("item", it.title || it.id, low, it), reads && reads !== text ? t("box.results_for", { question: reads }) : ""),
			group("topics", topics, (each) => offer("topic", each, low)),
			group("popular", popular.filter((each) => !mine.includes(each)), (each) => offer("popular", each, low)),
		].filter(Boolean);
		seen = { text, reads: items.length ? reads : "" };
		if (!options.length) {
			close();
			return shown && say(t("box.unsuggested"));
		}
		list.classList.toggle("pictured", [...names, ...items].some((it) => picture(set.fields, it)));
		list.replaceChildren(...groups);
		list.dataset.text = text;
		list.hidden = false;
		input.ariaExpanded = true;
		mark(first);
		say(t("box.suggested", { count: options.length }));
	};
	const group = (name, all, row, label = "") => all.length > 0 && h("div", { role: "group", "aria-label": label || t("box." + name) },
		h("small", { "aria-hidden": "true" }, label || t("box." + name)), all.map(row));
	const offer = (kind, text, low, it) => {
		const words = plain(text), at = words.toLowerCase().indexOf(low), end = at + low.length, image = it && picture(set.fields, it), url = it && web(it.url);
		const name = at < 0 || kind === "item" ? words : [h("b", words.slice(0, at)), words.slice(at, end), h("b", words.slice(end))];
		const field = it && set.fields.find((each) => each.show && own(it.fields, each.name) != null && each.type !== "image"), shown = field && detail(field, it.fields[field.name]);
		const option = h("div", { role: "option", id: "option-" + options.length, "data-text": text, "data-kind": kind, "data-href": url && url.href },
			it && (image ? h("img.picture", { src: image.href, alt: "", loading: "lazy", referrerpolicy: "no-referrer", onerror: ({ target }) => target.replaceWith(blank(it)) }) : blank(it)),
			h("bdi", { lang: it && tag(it.language) }, name),
			shown && h("small.shown", ...shown.childNodes));
		option.it = it;
		options.push(option);
		return option;
	};
	const press = (event) => {
		const name = event.key, shown = !list.hidden, last = options.length - 1;
		if (event.isComposing || event.keyCode === 229) return name === "Enter" && event.preventDefault();
		if (event.ctrlKey || event.metaKey || event.shiftKey) return;
		if (/^(Arrow(Left|Right)|Home|End)$/.test(name)) mark(-1);
		const act = {
			ArrowDown: () => (shown ? mark(active >= last ? -1 : active + 1) : suggest(event.altKey ? -1 : 0)),
			ArrowUp: shown && (() => (event.altKey ? close() : mark(active < 0 ? last : active - 1))),
			Enter: shown && active >= 0 && (() => choose(options[active])),
			Escape: (shown || input.value) && (() => { if (!shown) fill(""); close(); }),
		}[name];
		if (!act) return;
		event.preventDefault();
		act();
	};

	/* ---- at home, and what this browser keeps ---- */
	const recent = () => recalled("recent") || [];
	const home = () => {
		place("", true);
		facets({});
		say("");
		$(".recent").replaceChildren(...(recent().length ? [
			h("p", t("home.recent") + " ", button(".plain", t("home.forget"), () => { remember("recent", []); home(); $(".all").focus(); })),
			h("ul.examples", recent().map((q) => h("li", link("", { ...NONE, q }, bdi(q))))),
		] : []));
	};
	const prefer = () => {
		$("footer").append(h("label", h("input", { type: "checkbox", checked: !recalled("forget"), onchange: ({ target }) => {
			remember("forget", !target.checked);
			if (!target.checked) remember("recent", []);
			if (!$(".home").hidden) home();
		} }), t("home.keep")));
		if (!paged) return;
		const theme = $(".theme"), system = matchMedia("(prefers-color-scheme: dark)");
		const paint = () => {
			const choice = recalled("theme");
			document.documentElement.dataset.theme = choice || "";
			theme.ariaPressed = choice ? choice === "dark" : system.matches;
		};
		theme.onclick = () => {
			const dark = theme.ariaPressed !== "true";
			remember("theme", dark === system.matches ? null : dark ? "dark" : "light");
			paint();
		};
		system.onchange = paint;
		paint();
	};

	const keys = () => {
		const rows = [["/ Ctrl+K", "box"], ["↓ ↑", "arrows"], ["Enter", "enter"], ["Esc", "escape"], ["?", "help"]];
		const help = h("dialog.keys", { "aria-labelledby": "keys", onclose: () => help.remove() }, h("h2", { id: "keys" }, t("keys.title")),
			h("dl", rows.flatMap(([names, does]) => [h("dt", names.split(" ").map((name) => h("kbd", name))), h("dd", t("keys." + does))])),
			h("form", { method: "dialog" }, h("button.button", t("keys.close"))));
		frame.append(help);
		help.showModal();
	};

	/* ---- begin ---- */
	const parts = { role: "combobox", "aria-autocomplete": "list", "aria-controls": "suggestions", "aria-expanded": "false" };
	for (const name in parts) input.setAttribute(name, parts[name]);
	frame.classList.add("scripted");
	$("#ask").onsubmit = (event) => { event.preventDefault(); submit(); };
	input.oninput = () => {
		$(".clear").hidden = !input.value;
		clearTimeout(typing);
		/* What was chosen from the list was chosen for another text. */
		mark(-1);
		typing = setTimeout(suggest, PAUSE);
	};
	input.onkeydown = press;
	input.onblur = close;
	input.onclick = () => input.value || suggest();
	list.onmousedown = (event) => event.preventDefault();
	list.onclick = (event) => {
		const option = event.target.closest("[role=option]");
		if (option) choose(option);
	};
	/* From result to result, and from the first one back to the box. */
	results.onkeydown = (event) => {
		const way = { ArrowDown: 1, ArrowUp: -1 }[event.key], at = event.target.closest(".hit h2 > *");
		if (!way || modified(event) || !(at || event.target === results || event.target.localName === "h1")) return;
		const all = [...results.querySelectorAll(".hit h2 > *")].filter((each) => each.checkVisibility()), next = all[at ? all.indexOf(at) + way : 0];
		event.preventDefault();
		(next || (way < 0 ? input : at))?.focus();
	};
	$(".clear").onclick = () => { fill(""); close(); input.focus(); };
	lead($(".brand"), NONE);
	lead($(".all"), { ...NONE, all: true });
	for (const example of root.querySelectorAll(".examples a")) lead(example, { ...NONE, q: example.textContent });
	$("footer a").href = base + "about";
	dialog.onclose = () => {
		$(".facets").append(panel);
		($("button.sheet") || $("#results h1"))?.focus({ preventScroll: true });
		if (paged && history.state?.sheet) { leaving = true; history.back(); }
	};
	dialog.onclick = (event) => { if (event.target === dialog) dialog.close(); };
	prefer();
	frame.classList.toggle("dense", !!recalled("dense"));
	/* In a frame of another page results open in place of that page. */
	if (paged && self !== top) set.target = "_top";
	state = read(paged ? location.search : "");
	fill(state.q);
	if (set.answer) keep(state, set.answer);
	if (set.ending) fail(set.ending);
	else open(state, set.answer);
	if (!paged) return (search) => show(read(search));
	addEventListener("keydown", (event) => {
		const slash = event.key === "/" && !modified(event) && !event.target.closest("input:not([type=checkbox]), textarea, select");
		const k = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
		const typed = event.target.closest("input:not([type=checkbox]), textarea, select");
		if (event.key === "?" && !typed && !root.querySelector("dialog[open]")) return keys();
		if (root.querySelector("dialog[open]") || !(slash || k)) return;
		event.preventDefault();
		input.focus();
		input.select();
	});
	let timer;
	const save = () => history.replaceState({ ...history.state, y: scrollY }, "");
	history.scrollRestoration = "manual";
	scrollTo(0, history.state?.y || 0);
	addEventListener("pagehide", save);
	addEventListener("scroll", () => { clearTimeout(timer); timer = setTimeout(save, 150); }, { passive: true });
	addEventListener("popstate", async (event) => {
		clearTimeout(timer);
		if (leaving || dialog.open) {
			leaving = false;
			dialog.close();
			return step(state, scrollY);
		}
		await show(read(location.search));
		scrollTo(0, event.state?.y || 0);
	});
};

const me = document.currentScript;
if (!me) globalThis[Symbol.for("searchbar")] = start; /* embed.js asked for it. */
else if (!("page" in me.dataset)) import(new URL("embed.js", me.src));
else {
	document.documentElement.dataset.theme = recalled("theme") || "";
	addEventListener("DOMContentLoaded", () => start(document, new URL(".", location.href).href));
}
})();
