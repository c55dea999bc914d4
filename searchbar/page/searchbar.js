/* Here is a page or a shadow root with the search box in it: give me what the visitor asks for. */
"use strict";
(() => {
const SUGGEST = 150, BAR = 200, SLOW = 4000, GIVE_UP = 20000, RECENT = 8, VALUES = 8, FEW = 12, TALL = 32, LONGEST = 160;
const NONE = { q: "", like: "", filters: new Map(), sort: "", cut: "", page: 1, all: false };
const KEPT = "Your question is kept.";
const ENDINGS = {
	offline: ["You are offline", "Your question is kept, and asked again as soon as you are back."],
	unreachable: ["The search cannot be reached", KEPT],
	restarting: ["The search is restarting", "Your question is kept, and asked again in a moment."],
	many: ["Too many questions at once", KEPT],
	key: ["This search needs a key", "Ask whoever runs it."],
	refused: ["This cannot be asked"],
	broken: ["Something broke on the server", KEPT + " Try again, or tell whoever runs this search."],
	slow: ["This takes longer than usual", "Your question is still being answered."],
	late: ["No answer came", KEPT],
};
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
const count = (n, noun, over = "") => `${n.toLocaleString("en")}${over} ${noun}${n === 1 ? "" : "s"}`;
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

/* ---- values as people write them; values.py does the same where there is no script ---- */
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const TRUTHS = { true: "yes", 1: "yes", yes: "yes", false: "no", 0: "no", no: "no" };
const digits = (x) => (x && (x < 1e-6 || x >= 1e16) ? x.toExponential() : String(x));
const number = (x, unit, places = 0) => {
	let [whole, part = ""] = digits(Math.abs(x)).split(".");
	if (!(whole + part).includes("e")) {
		part = part.padEnd(places, "0");
		if (unit || whole.length > 4) whole = whole.replace(/\B(?=(\d{3})+$)/g, ",");
	}
	const text = whole + (part && "." + part), sign = x < 0 ? "-" : "";
	if (/[$£]$/.test(unit)) return sign + unit + text;
	return sign + text + (unit && !/^[%°"″'′]$/.test(unit) ? "\u00a0" : "") + unit;
};
const date = (text) => {
	const [, year, month, day] = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ].*)?)?)?$/.exec(text) || [], name = MONTHS[month - 1];
	if (!year || (month && !name)) return text;
	return (day ? Number(day) + " " : "") + (month ? name + " " : "") + year;
};
const written = (field, value) => {
	if (field.type === "date") return plain(date(String(value)));
	if (typeof value === "string" && !/^-?\d{1,15}(\.\d{1,15})?$/.test(value)) return plain(value);
	return number(Number(value), field.unit);
};
const ordered = (field) => field.type === "number" || field.type === "date";
const ends = (text) => {
	const at = text.indexOf("..");
	return (at < 0 ? [text, text] : [text.slice(0, at), text.slice(at + 2)]).map((end) => end.trim());
};
const span = (field, low, high) => {
	let first = written(field, low), last = written(field, high);
	if (low === high) return first;
	if (low === "") return "up to " + last;
	if (high === "") return "from " + first;
	if (field.type === "date") return `${first} – ${last}`;
	if (field.unit && !/[$£]$/.test(field.unit) && first.endsWith(field.unit)) first = first.slice(0, -field.unit.length).replace(/\u00a0$/, "");
	return `${first}–${last}`;
};
/* Every `!` that a value itself begins with is written twice; one left over means not. */
const signs = (value) => /^!*/.exec(value)[0];
const said = (value) => [signs(value).length % 2 > 0, value.slice(Math.ceil(signs(value).length / 2))];
const asking = (value) => signs(value) + value;
const chip = (field, value) => {
	if (!ordered(field) && field.type !== "boolean") {
		const [denied, text] = said(value);
		return (denied ? "not " : "") + plain(text);
	}
	const negation = value[0] === "!" ? "not " : "", text = value.replace(/^!/, "");
	if (ordered(field)) return `${field.label} ${negation}${span(field, ...ends(text))}`;
	return `${field.label}: ${negation}${own(TRUTHS, text.toLowerCase()) || plain(text)}`;
};
const texts = (value) => [value].flat().filter((text) => typeof text === "string" && text);
/* One field of a result: its label and its value, or nothing. */
const detail = (field, value) => {
	const row = (kind, ...kids) => h("li." + kind, h("span", bdi(field.label)), " ", kids);
	const write = {
		boolean: () => typeof value === "boolean" && h("li.boolean", h("b", { "aria-hidden": "true" }, value ? "✓" : "–"), " ", bdi(field.label), h("span.unseen", value ? ": yes" : ": no")),
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

const start = (root, base, headers) => {
	const $ = (query) => root.querySelector(query), frame = $(".searchbar"), set = JSON.parse($(".state").textContent);
	const input = $("#q"), list = $("#suggestions"), results = $("#results"), bar = $(".progress"), panel = $(".panel"), dialog = $("dialog");
	const paged = root === document, latest = {}, answers = new Map();
	const fields = new Map(set.fields.map((field) => [field.name, field]));
	let state, answer, options = [], active = -1, typing, again, barTimer, slowTimer;

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
	const step = (to, y) => {
		if (!paged || href(to) === location.href) return;
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
		try { body = JSON.parse(body); } catch { body = {}; }
		if (reply.ok) return body;
		throw { kind: STATUSES[reply.status] || "refused", sentence: String(body.detail || reply.statusText), after: Number(reply.headers.get("Retry-After")) };
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
			const given = await ask("search", path(to, 0, k));
			keep(to, given);
			if (to.q && !recalled("forget")) remember("recent", [to.q, ...recent().filter((text) => text !== to.q)].slice(0, RECENT));
			open(to, given);
			if (paged) scrollTo(0, 0);
			if (to.cut) $("#less")?.scrollIntoView({ block: "center" });
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
			results.prepend(h("p.notice", { role: "status" }, "The catalogue changed while you were reading. This is the new list, from its beginning."));
		}
	};
	/* Old results dim and a quiet bar appears, but only when it takes a while. */
	const wait = (on) => {
		clearTimeout(barTimer);
		clearTimeout(slowTimer);
		results.ariaBusy = on;
		$(".notice")?.remove();
		bar.hidden = true;
		if (!on) return;
		barTimer = setTimeout(() => { bar.hidden = false; }, BAR);
		slowTimer = setTimeout(() => results.prepend(notice(ENDINGS.slow, () => show(state))), SLOW);
	};
	const notice = ([title, sentence], retry) => h("p.notice", { role: "status" }, `${title}. ${sentence} `, button("", "Try again", retry));
	const fail = (error, beside) => {
		if (error.kind === "stale") return;
		if (!error.kind) console.error(error);
		wait(false);
		const { kind = "broken", after, sentence } = error, asked = state, said = [...ENDINGS[kind] || ENDINGS.broken];
		if (kind === "refused") said[1] = sentence;
		if (kind === "many") said[1] += ` Wait ${count(after || 5, "second")}, then try again.`;
		const retry = () => { clearTimeout(again); if (asked === state) beside ? beside() : show(state); };
		if (kind === "restarting") again = setTimeout(retry, (after || 2) * 1000);
		if (kind === "offline") addEventListener("online", retry, { once: true });
		if (beside) return $(".more").append(notice(said, retry));
		place(state.like ? "" : about());
		results.replaceChildren(ending(kind, said, kind !== "refused" && button(".button", "Try again", retry)));
		facets({});
		say(said[0]);
	};
	const ending = (kind, [title, sentence], ...kids) => h("div.ending." + kind, h("h1", title), h("p", sentence), kids);
	const say = (text) => { $("#said").textContent = text; };
	const place = (title, home) => {
		$(".home").hidden = !home;
		results.hidden = !!home;
		if (paged) document.title = (title && title + " · ") + set.name;
	};

	/* ---- showing ---- */
	const open = (to, given) => {
		wait(false);
		state = to;
		answer = given;
		if (!given) return home();
		place(about());
		const { hits, did_you_mean: meant } = given, filtered = to.filters.size > 0, poor = given.no_good_match || !hits.length;
		const unheld = given.read?.phrases_dropped || [];
		const rest = given.total > hits.length && (hits.length < set.furthest ? button(".button", "Load more", more) : set.end);
		const less = !poor || !hits.length ? lessLikely(given) : "", fits = poor ? hits.length : fitting(given);
		const rows = hits.flatMap((it, at) => [at === fits && h("li.less", { id: "less" }, h("h2", "Less likely")), hit(it, at)]);
		const shown = [hits.length > 0 && h("ol.hits", rows), h("div.more", rest, less, !poor && missing())];
		results.replaceChildren(...[
			!poor ? head() : hits.length || !filtered ? ending("nothing", set.endings.nothing, h("p", missing())) : blocked(),
			filtered && chips(),
			unheld.length > 0 && h("p.meant", set.unheld[0], unheld.flatMap((phrase, i) => [i ? ", " : "", bdi(`“${phrase}”`)]), set.unheld[1]),
			meant && h("p.meant", "Did you mean ", link("", { ...to, q: meant, cut: "", page: 1 }, bdi(meant)), "?"),
			poor && hits.length ? h("details", h("summary", "Show the nearest anyway"), shown) : shown,
		].flat().filter(Boolean));
		facets(poor && !filtered ? {} : given.facets || {});
		say(poor ? $("#results h1").textContent : `${total(given)}, ${hits.length} shown`);
	};
	const about = () => {
		if (state.like) return "Like " + answer.like;
		return browsing(state) ? filtersInUse().map(([field, value]) => inWords(field, value)).join(", ") || "All items" : state.q;
	};
	const filtersInUse = () => [...state.filters].flatMap(([field, values]) => values.map((value) => [field, value]));
	const inWords = (field, value) => chip(fields.get(field), value);
	const orders = () => {
		const all = set.sorts, names = new Map(all), rest = all.slice(1);
		const list = !browsing(state) ? [...all] : set.unasked ? [["", set.unasked], ...rest] : rest;
		if (state.sort && !list.some(([value]) => value === state.sort)) list.push([state.sort, plain(state.sort.split(",").map((key) => names.get(key) || key).join(", then "))]);
		return list;
	};
	/* In another order than their own those that fit are among the others, and nothing tells them apart. */
	const fitting = (given) => given.total - (state.cut && !state.sort ? given.less_likely || 0 : 0);
	const lessLikely = ({ total: fits, less_likely: n }) => n > 0 && !state.cut && link(".button",
		{ ...state, sort: "", cut: "none", page: Math.min(Math.floor(fits / set.size) + 1, Math.floor(set.furthest / set.size)), all: true }, `Show ${n.toLocaleString("en")} less likely`);
	const total = (given) => count(fitting(given), browsing(state) ? "item" : "result", !state.cut && /\+$/.test(given.total_text) ? "+" : "");
	const head = () => h("div.head",
		h("h1", state.like && ["Like ", bdi(answer.like), " · "], total(answer), h("small", ` in ${Math.max(1, Math.round(answer.took_ms.total))} ms`)),
		button(".sheet", "Filters", () => { dialog.prepend(panel); dialog.showModal(); panel.focus(); }),
		!state.like && h("label", "Sort ", h("select", { onchange: ({ target }) => go({ ...state, sort: target.value, cut: "", page: 1 }) },
			orders().map(([value, label]) => h("option", { value, selected: value === state.sort }, label)))));
	const chips = () => h("ul.chips", { "aria-label": "Filters in use" },
		filtersInUse().map(([field, value]) => h("li", link("", without(state, field, value),
			{ "aria-label": "Remove the filter " + inWords(field, value) }, bdi(inWords(field, value)), icon("clear")))),
		h("li", link("", unfiltered(state), "Clear all")));
	const hit = (it, at) => {
		const url = web(it.url), image = picture(set.fields, it), [badge, reason] = set.badges[it.matched] || [];
		const title = it.title_marked ? marked(it.title_marked) : plain(it.title || it.id), others = (it.variants || 1) - 1;
		const group = own(it.fields, set.group), variants = "+" + count(others, "variant");
		const details = set.fields.filter((field) => field.show).sort((a, b) => a.show - b.show).map((field) => detail(field, own(it.fields, field.name))).filter(Boolean);
		const onclick = rated() && (() => tell("click", it, at)), address = url ? url.href : href(state) + "#hit-" + encodeURIComponent(it.id);
		return h("li.hit", { id: "hit-" + it.id },
			image && h("img", { src: image.href, alt: "", width: 112, height: 112, loading: "lazy", referrerpolicy: "no-referrer", onerror: ({ target }) => target.remove() }),
			h("article",
				h("h2", url ? h("a", { href: url.href, rel: "noopener", dir: "auto", onclick, onauxclick: onclick }, title) : h("span", { dir: "auto", tabindex: -1 }, title)),
				h("p.from", url && bdi(url.host), badge && h("span.badge." + it.matched, { title: reason }, badge), others > 0 && (typeof group === "string" && fields.has(set.group) ? link("", within(state, set.group, [asking(group)]), variants) : h("span", variants))),
				details.length > 0 && h("ul.shown", { "aria-label": "Details" }, details),
				it.snippet && snippet(it),
				it.topics?.length > 0 && h("ul.topics", { "aria-label": "Topics" }, it.topics.map((topic) => h("li",
					link("", within(state, "topic", [asking(topic)]), bdi(topic))))),
				h("div.actions",
					link("", { ...NONE, like: it.id }, "More like this"),
					button("", "Copy link", ({ target }) => copy(target, address)),
					!state.like && !browsing(state) && button("", "Why this?", ({ target }) => why(target, at), { "aria-expanded": "false" }),
					rated() && h("span.thumbs", thumb("good", it, at), thumb("bad", it, at)))));
	};
	/* A snippet or a title is escaped text with one kind of markup: every second piece is what stood in <mark>. */
	const marked = (text) => text.split(/<mark>(.*?)<\/mark>/s).map((piece, i) => {
		const words = plain(piece.replace(/&(amp|lt|gt|quot|#x27);/g, (_, name) => ENTITIES[name]));
		return i % 2 ? h("mark", words) : words;
	});
	const snippet = (it) => {
		const pieces = marked(it.snippet);
		return h(it.matched === "meaning" && !pieces[1] ? "p.snippet.near" : "p.snippet", { dir: "auto" }, pieces);
	};

	/* ---- what a result can do ---- */
	const copy = async (target, text) => {
		let said = "Copied";
		try { await navigator.clipboard.writeText(text); } catch { said = text; }
		target.textContent = said;
		say(said);
		setTimeout(() => { target.textContent = "Copy link"; }, 9000);
	};
	const why = async (target, at) => {
		const shown = target.ariaExpanded !== "true", article = target.closest("article");
		target.ariaExpanded = shown;
		article.querySelector("dl")?.remove();
		if (!shown) return;
		const reasons = article.appendChild(h("dl"));
		let rows = [["Why", "The reasons cannot be fetched now. Try again in a moment."]];
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
		const label = kind === "good" ? "Good result" : "Poor result";
		return button("." + kind, icon("thumb"), ({ currentTarget: target }) => {
			const on = target.ariaPressed !== "true", article = target.closest("article");
			for (const each of target.parentNode.children) each.ariaPressed = on && each === target;
			article.querySelector(".reason")?.remove();
			if (!on) return;
			tell(kind, it, at);
			say("Thank you");
			if (kind === "bad") article.append(reason("What is wrong with it? (optional)", (text) => tell(kind, it, at, text)));
		}, { "aria-pressed": "false", "aria-label": label, title: label });
	};
	const reason = (label, send) => {
		const field = h("input", { maxlength: 500, placeholder: label, "aria-label": label });
		return h("form.reason", { onsubmit: (event) => {
			event.preventDefault();
			send(field.value.trim());
			event.target.replaceChildren(h("p", { role: "status" }, "Thank you."));
		} }, field, h("button", "Send"));
	};
	const missing = () => rated() && button(".plain", "Something is missing?", ({ target }) => {
		const form = reason("What did you expect to find?", (text) => tell("missing", null, 0, text));
		target.replaceWith(form);
		form.firstChild.focus();
	});
	/* Nothing with these filters: offer to drop the one that blocks most. */
	const blocked = () => {
		const offer = h("p"), drop = (to, ...kids) => offer.replaceChildren(link(".button", to, kids)), asked = state;
		ask("loosen", "loosen?" + query(asked)).then(({ field, value, total: n }) => field
			? drop(without(asked, field, value), "Drop ", bdi(inWords(field, value)), ` for ${count(n, "result")}`)
			: drop(unfiltered(asked), "Drop all filters"), () => {});
		return ending("filtered", set.endings.filtered, offer);
	};

	/* ---- filters ---- */
	const facets = (given) => {
		const focused = root.activeElement;
		panel.replaceChildren(...set.fields.map((field) => {
			const facet = own(given, field.name), on = state.filters.get(field.name) || [];
			return facet && field.names.length && (on.length || field.name !== set.group) && (ordered(field) ? range : field.type === "boolean" ? toggle : choices)(field, facet, on);
		}).filter(Boolean));
		frame.classList.toggle("faceted", !!panel.firstChild);
		if (focused?.localName !== "input" || focused === input) return;
		const box = focused.type === "checkbox", again = [...panel.querySelectorAll("input")].find((i) => i.name === focused.name && (!box || i.value === focused.value));
		/* What was typed in the meantime stays. */
		if (again && !box && focused.value !== focused.defaultValue) again.value = focused.value;
		again?.focus();
	};
	const choices = (field, facet, on) => {
		const find = facet.find || "", rows = boxes(field, facet, on);
		if (rows.length < 2 && !on.length && !find) return;
		return h("fieldset.values", h("legend", field.label),
			(find || rows.length > FEW) && h("input", { type: "search", name: "find." + field.name, value: find, placeholder: "Find",
				"aria-label": "Find in " + field.label, autocomplete: "off", oninput: ({ target }) => seek(field, target) }),
			rows, after(field, facet, rows));
	};
	const boxes = ({ name: field, names: [name] }, { values = {} }, on) => {
		const stated = on.map((value) => [value, ...said(value)]).filter(([, denied]) => !denied), low = (text) => text.toLowerCase();
		const chosen = new Map(stated.map(([value, , text]) => [low(text), value])), found = new Set(Object.keys(values).map(low));
		const gone = stated.filter(([, , text]) => !found.has(low(text))).map(([, , text]) => [text, 0]);
		return [...gone, ...Object.entries(values).sort((a, b) => b[1] - a[1])].map(([text, n]) => {
			const value = chosen.get(low(text)) ?? asking(text), checked = chosen.has(low(text));
			return h("label", h("input", { type: "checkbox", name, value, checked, onchange: ({ target }) => filter(field, value, target.checked) }),
				bdi(text), h("span", n.toLocaleString("en")));
		});
	};
	const after = (field, { values = {}, total_values: whole = 0, find }, rows) => {
		const shown = Object.keys(values).length;
		return [whole > shown && h("small.few", `${shown.toLocaleString("en")} of ${whole.toLocaleString("en")}`),
			find && !rows.length && h("small.few", "Nothing begins so."),
			rows.length > VALUES && button(".plain", "Show all " + rows.length, ({ target }) => { target.parentNode.classList.add("whole"); target.remove(); })];
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
			say(count(rows.length, "value"));
		}, SUGGEST);
	};
	const toggle = ({ name: field, names: [name], label }, { values = {} }, on) => {
		const yes = values.true || 0;
		if (!on.length && !(yes && yes < answer.total)) return;
		return h("fieldset.switch", h("label", h("input", { type: "checkbox", role: "switch", name, value: "true", checked: on.some((value) => /^(true|yes|1)$/i.test(value)),
			onchange: ({ target }) => go(within(state, field, target.checked ? ["true"] : [])) }), bdi(label), h("span", yes.toLocaleString("en"))));
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
		const bound = (end, value, least) => h("label", h("span.unseen", field.label), " ", h("small", end),
			h("input", { type: field.type, step: "any", name: `${end}.${field.name}`, value, placeholder: least == null ? "" : typeof least === "number" ? (least < 0 ? "-" : "") + digits(Math.abs(least)) : least, onchange: enter }));
		return h("fieldset.range", h("legend", bdi(field.label), field.unit && [" ", h("small", field.unit)]),
			histogram.length > 0 && bars(field, histogram),
			h("div.ends", bound("from", low, min), h("span", { "aria-hidden": "true" }, "–"), bound("to", high, max)),
			dated && min && h("small.few", span(field, min, max)));
	};
	const bars = (field, histogram) => {
		const most = Math.max(...histogram.map((bar) => bar.count)) || 1, says = histogram.map((bar) => `${span(field, bar.from, bar.to)}: ${bar.count.toLocaleString("en")}`);
		return h("svg.histogram", { role: "img", viewBox: `0 0 ${histogram.length * 10} ${TALL}`, preserveAspectRatio: "none", "aria-label": "How many of each: " + says.join("; ") },
			histogram.map(({ count: n }, at) => {
				const height = Math.max(Math.floor((2 * TALL * n + most) / (2 * most)), Math.min(n, 1));
				return h("rect", { x: 10 * at, y: TALL - height, width: 9, height }, h("title", says[at]));
			}));
	};
	const filter = (field, value, on) => go(!on ? without(state, field, value)
		: within(state, field, [...(state.filters.get(field) || []), value]));

	/* ---- typing: the combobox pattern ---- */
	const submit = () => {
		const q = input.value.trim();
		close();
		if (matchMedia("(pointer: coarse)").matches) input.blur();
		go({ ...state, q, like: "", cut: "", page: 1, all: !q });
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
	const choose = (option) => { fill(option.dataset.text); submit(); };
	const close = () => {
		clearTimeout(typing);
		latest.suggest?.abort();
		list.hidden = true;
		input.ariaExpanded = false;
		mark(-1);
	};
	const suggest = async (first = -1) => {
		const typed = input.value.trim(), low = typed.toLowerCase();
		const own = recent().filter((text) => text !== typed && text.toLowerCase().startsWith(low)).slice(0, typed ? 2 : RECENT);
		let found = [];
		try { if (typed) found = (await ask("suggest", "suggest?q=" + encodeURIComponent(typed))).suggestions; } catch {}
		if (root.activeElement !== input || input.value.trim() !== typed) return;
		const texts = [...own, ...found.filter((text) => !own.includes(text))];
		if (!texts.length) return close();
		const split = (text) => {
			const at = text.toLowerCase().indexOf(low), end = at + low.length;
			return at < 0 ? h("b", text) : [h("b", text.slice(0, at)), text.slice(at, end), h("b", text.slice(end))];
		};
		options = texts.map((text, at) => h("li", { role: "option", id: "option-" + at, "data-text": text },
			h("bdi", split(plain(text))), at < own.length && h("small", "recent")));
		list.replaceChildren(...options);
		list.hidden = false;
		input.ariaExpanded = true;
		mark(first);
		say(count(texts.length, "suggestion"));
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
			h("p", "Your recent searches ", button(".plain", "Clear", () => { remember("recent", []); home(); })),
			h("ul.examples", recent().map((q) => h("li", link("", { ...NONE, q }, bdi(q))))),
		] : []));
	};
	const prefer = () => {
		$("footer").append(h("label", h("input", { type: "checkbox", checked: !recalled("forget"), onchange: ({ target }) => {
			remember("forget", !target.checked);
			if (!target.checked) remember("recent", []);
			if (!$(".home").hidden) home();
		} }), "Keep my recent searches in this browser"));
		const theme = $(".theme"), system = matchMedia("(prefers-color-scheme: dark)"), place = paged ? document.documentElement : root.host;
		const paint = () => {
			const choice = recalled("theme");
			place.dataset.theme = choice || "";
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

	/* ---- begin ---- */
	const parts = { role: "combobox", "aria-autocomplete": "list", "aria-controls": "suggestions", "aria-expanded": "false" };
	for (const name in parts) input.setAttribute(name, parts[name]);
	frame.classList.add("scripted");
	$("#ask").onsubmit = (event) => { event.preventDefault(); submit(); };
	input.oninput = () => {
		$(".clear").hidden = !input.value;
		clearTimeout(typing);
		typing = setTimeout(suggest, SUGGEST);
	};
	input.onkeydown = press;
	input.onblur = close;
	input.onclick = () => input.value || suggest();
	list.onmousedown = (event) => event.preventDefault();
	list.onclick = (event) => choose(event.target.closest("li"));
	$(".clear").onclick = () => { fill(""); close(); input.focus(); };
	lead($(".brand"), NONE);
	lead($(".all"), { ...NONE, all: true });
	for (const example of root.querySelectorAll(".examples a")) lead(example, { ...NONE, q: example.textContent });
	$("footer a").href = base + "about";
	dialog.onclose = () => { $(".facets").append(panel); $("button.sheet")?.focus(); };
	dialog.onclick = (event) => { if (event.target === dialog) dialog.close(); };
	prefer();
	state = read(paged ? location.search : "");
	fill(state.q);
	if (set.answer) keep(state, set.answer);
	if (set.ending) fail(set.ending);
	else open(state, set.answer);
	if (!paged) return;
	addEventListener("keydown", (event) => {
		const slash = event.key === "/" && !modified(event) && !event.target.closest("input:not([type=checkbox]), textarea, select");
		const k = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
		if (dialog.open || !(slash || k)) return;
		event.preventDefault();
		input.focus();
		input.select();
	});
	let timer;
	const save = () => history.replaceState({ y: scrollY }, "");
	history.scrollRestoration = "manual";
	scrollTo(0, history.state?.y || 0);
	addEventListener("pagehide", save);
	addEventListener("scroll", () => { clearTimeout(timer); timer = setTimeout(save, 150); }, { passive: true });
	addEventListener("popstate", async (event) => {
		clearTimeout(timer);
		await show(read(location.search));
		scrollTo(0, event.state?.y || 0);
	});
};

/* <search-bar src="https://search.example/"></search-bar>: the same box on anybody's page. */
customElements.define("search-bar", class extends HTMLElement {
	async connectedCallback() {
		if (this.shadowRoot) return;
		const root = this.attachShadow({ mode: "open" }), base = new URL(".", new URL(this.getAttribute("src"), document.baseURI)).href;
		const key = this.getAttribute("key"), headers = key ? { "X-API-Key": key } : undefined;
		const [page, css] = await Promise.all(["", "searchbar.css"].map(async (name) => (await fetch(base + name, { headers })).text()));
		const sheet = new CSSStyleSheet();
		sheet.replaceSync(css);
		root.adoptedStyleSheets = [sheet];
		root.append(document.importNode(new DOMParser().parseFromString(page, "text/html").querySelector(".searchbar"), true));
		start(root, base, headers);
	}
});
if ("page" in (document.currentScript?.dataset || {})) {
	document.documentElement.dataset.theme = recalled("theme") || "";
	addEventListener("DOMContentLoaded", () => start(document, new URL(".", location.href).href));
}
})();
