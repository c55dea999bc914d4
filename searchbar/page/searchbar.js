/* Here is a search box in a page or a shadow root: give me what the visitor asks for. */
"use strict";
(() => {
const SUGGEST = 150, BAR = 200, SLOW = 4000, GIVE_UP = 20000, RECENT = 8;
const EMPTY = { q: "", like: "", filters: {}, sort: "", page: 1 };
const BADGES = {
	exact: ["Exact", "The name is what you typed."],
	text: ["Words", "It holds your words."],
	meaning: ["Meaning", "It means what you asked, in other words."],
};
const ENDINGS = {
	offline: ["You are offline", "Your question is kept, and asked again as soon as you are back."],
	unreachable: ["The search cannot be reached", "Your question is kept. Something stands between you and the server, or it is down."],
	restarting: ["The search is restarting", "Your question is kept, and asked again in a moment."],
	many: ["Too many questions at once", "Your question is kept."],
	key: ["This search needs a key", "Ask whoever runs it for one."],
	refused: ["This cannot be asked", ""],
	broken: ["Something broke on the server", "Your question is kept. If it happens again, tell whoever runs this search."],
	slow: ["This takes longer than usual", "Your question is still being answered."],
	late: ["No answer came", "Your question is kept."],
	nothing: ["Nothing fits", "No entry answers this well. Other words, or fewer of them, may help."],
	filtered: ["Nothing with these filters", "Without them there would be results."],
};
const STATUSES = { 401: "key", 403: "key", 409: "swapped", 429: "many", 502: "restarting", 503: "restarting", 504: "restarting" };

const kept = {
	get(name) { try { return JSON.parse(localStorage.getItem("searchbar." + name)); } catch { return null; } },
	set(name, value) {
		try {
			if (value == null) localStorage.removeItem("searchbar." + name);
			else localStorage.setItem("searchbar." + name, JSON.stringify(value));
		} catch { /* a browser that keeps nothing still searches */ }
	},
};

/* An element. Everything that comes from a catalogue passes through here as text, never as markup. */
const h = (tag, props, ...kids) => {
	const node = /^(svg|use)$/.test(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
	for (const [name, value] of Object.entries(props || {})) {
		if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
		else if (value != null && value !== false) node.setAttribute(name, value === true ? "" : value);
	}
	node.append(...kids.flat(9).filter((kid) => kid || kid === 0));
	return node;
};
const icon = (name) => h("svg", { "aria-hidden": "true" }, h("use", { href: "#i-" + name }));
const button = (label, onclick, props) => h("button", { type: "button", onclick, ...props }, label);
const plain = (text) => String(text ?? "").replace(/[\u202d\u202e]/g, "");
const bdi = (text) => h("bdi", {}, plain(text));
const web = (url) => { try { const u = new URL(url); return /^https?:$/.test(u.protocol) && u; } catch { return null; } };
const count = (n, noun, over = "") => `${n.toLocaleString("en")}${over} ${noun}${n === 1 ? "" : "s"}`;
const modified = (event) => event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
const without = (state, field, value) => {
	const { [field]: values, ...filters } = state.filters, left = values.filter((other) => other !== value);
	return { ...state, filters: left.length ? { ...filters, [field]: left } : filters, page: 1 };
};

class Ending extends Error {
	constructor(kind, sentence = "", after = 0) { super(kind); Object.assign(this, { kind, sentence, after }); }
}

class Box {
	constructor(root, base, key) {
		Object.assign(this, { root, base, key, page: root === document, latest: {}, answers: new Map(), options: [], active: -1 });
		this.frame = this.$(".searchbar");
		this.set = JSON.parse(this.$(".state").textContent);
		this.input = this.$("#q");
		this.list = this.$("#suggestions");
		this.results = this.$("#results");
		this.frame.classList.add("scripted");
		this.prefs();
		this.bind();
		const { answer, ending } = this.set, state = this.read(this.page ? location.search : "");
		if (answer) this.keep(state, answer);
		this.state = state;
		if (ending) this.fail(new Ending(ending.kind, ending.sentence, ending.after));
		else this.open(state, answer);
		if (this.page) this.remember();
	}

	$(query) { return this.root.querySelector(query); }

	/* ---- the state and its address ---- */
	read(search) {
		const given = new URLSearchParams(search), filters = {}, one = (name) => given.get(name) || "";
		for (const field of this.set.fields) if (given.has(field)) filters[field] = given.getAll(field);
		return { q: one("q"), like: one("like"), filters, sort: one("sort"), page: Math.max(1, parseInt(one("page"), 10) || 1) };
	}

	query(state) {
		const query = new URLSearchParams();
		const put = (name, value) => value && query.append(name, value);
		put("like", state.like);
		if (!state.like) put("q", state.q);
		for (const [field, values] of Object.entries(state.filters)) for (const value of values) put(field, value);
		put("sort", state.sort);
		put("page", state.page > 1 && state.page);
		return query.toString();
	}

	href(state) { return new URL((this.query(state) && "?" + this.query(state)) || ".", this.base).href; }

	/* A real address, and a step of this box when it is followed without modifier keys. */
	link(state, props, ...kids) {
		const follow = (event) => { if (!modified(event)) { event.preventDefault(); this.go(state); } };
		return h("a", { ...props, href: this.href(state), onclick: follow }, ...kids);
	}

	step(state, y) {
		if (!this.page || this.href(state) === location.href) return;
		history.replaceState({ y: scrollY }, "");
		history.pushState({ y }, "", this.href(state));
	}

	go(state) {
		this.step(state, 0);
		return this.show(state);
	}

	remember() {
		history.scrollRestoration = "manual";
		scrollTo(0, history.state?.y || 0);
		let timer;
		const save = () => history.replaceState({ y: scrollY }, "");
		addEventListener("pagehide", save);
		addEventListener("scroll", () => { clearTimeout(timer); timer = setTimeout(save, 150); }, { passive: true });
		addEventListener("popstate", async (event) => {
			clearTimeout(timer);
			await this.show(this.read(location.search));
			scrollTo(0, event.state?.y || 0);
		});
	}

	keep(state, answer) {
		this.answers.set(this.query(state), answer);
		if (this.answers.size > 30) this.answers.delete(this.answers.keys().next().value);
	}

	/* ---- asking ---- */
	/* Only the newest request of a kind is ever answered; older ones are aborted and count for nothing. */
	async fetch(kind, path) {
		this.latest[kind]?.abort();
		const mine = this.latest[kind] = new AbortController();
		const current = () => { if (mine !== this.latest[kind] || mine.signal.aborted) throw new Ending("stale"); };
		let reply, body;
		try {
			const signal = AbortSignal.any([mine.signal, AbortSignal.timeout(GIVE_UP)]);
			reply = await fetch(this.base + path, { signal, headers: this.key ? { "X-API-Key": this.key } : {} });
			body = await reply.text();
		} catch (error) {
			current();
			throw new Ending(error.name === "TimeoutError" ? "late" : navigator.onLine ? "unreachable" : "offline");
		}
		current();
		try { body = JSON.parse(body); } catch { body = {}; }
		if (reply.ok) return body;
		const status = STATUSES[reply.status] || (reply.status < 500 ? "refused" : "broken");
		throw new Ending(status, String(body.detail || ""), Number(reply.headers.get("Retry-After")));
	}

	path(state, offset, k, more = {}) {
		const query = new URLSearchParams(this.query({ ...state, page: 1, like: "" }));
		query.delete(state.like ? "q" : "");
		for (const [name, value] of Object.entries({ k, offset, ...more })) if (value) query.set(name, value);
		return (state.like ? "similar/" + encodeURIComponent(state.like) : "search") + "?" + query;
	}

	async show(state) {
		clearTimeout(this.again);
		this.close();
		for (const kind of ["more", "search", "loosen"]) this.latest[kind]?.abort();
		this.state = state;
		this.fill(state.q);
		const known = this.answers.get(this.query(state));
		if (known || !(state.q.trim() || state.like)) return this.open(state, known);
		this.wait(true);
		try {
			const answer = await this.first(state);
			this.keep(state, answer);
			if (state.q) this.recall(state.q);
			this.open(state, answer);
			scrollTo(0, this.page ? 0 : scrollY);
		} catch (error) { this.fail(error); }
	}

	/* All pages of a state that are shown at once, from one release. */
	async first(state) {
		const wanted = state.page * this.set.size, k = Math.min(wanted, this.set.most);
		const answer = await this.fetch("search", this.path(state, 0, k));
		while (answer.hits.length < Math.min(wanted, answer.total)) {
			const next = await this.fetch("search", this.path(state, answer.hits.length, k, { release: answer.release }));
			if (!next.hits.length) break;
			answer.hits.push(...next.hits);
		}
		return answer;
	}

	async more() {
		const state = { ...this.state, page: this.state.page + 1 }, { hits, release } = this.answer;
		this.wait(true);
		try {
			const next = await this.fetch("more", this.path(state, hits.length, this.set.size, { release }));
			if (next.release !== release) throw new Ending("swapped");
			const whole = { ...this.answer, hits: [...hits, ...next.hits] };
			this.step(state, scrollY);
			this.keep(state, whole);
			this.open(state, whole);
			this.root.querySelectorAll(".hit h2 > *")[hits.length]?.focus({ preventScroll: true });
		} catch (error) {
			if (error.kind !== "swapped") return this.fail(error, () => this.more());
			this.answers.clear();
			const start = { ...this.state, page: 1 };
			if (this.page) history.replaceState({ y: 0 }, "", this.href(start));
			await this.show(start);
			this.results.prepend(h("p", { class: "notice", role: "status" },
				"The catalogue changed while you were reading. This is the new list, from its beginning."));
		}
	}

	/* Old results dim and a quiet bar appears, but only when the answer is not there at once. */
	wait(on) {
		clearTimeout(this.barTimer);
		clearTimeout(this.slowTimer);
		this.results.setAttribute("aria-busy", on);
		this.$(".notice")?.remove();
		this.$(".progress").hidden = true;
		if (!on) return;
		this.barTimer = setTimeout(() => { this.$(".progress").hidden = false; }, BAR);
		this.slowTimer = setTimeout(() => this.results.prepend(this.notice(...ENDINGS.slow, () => this.show(this.state))), SLOW);
	}

	notice(title, sentence, again) {
		return h("p", { class: "notice", role: "status" }, `${title}. ${sentence} `, button("Try again", again));
	}

	fail(error, again) {
		if (error.kind === "stale") return;
		if (!error.kind) console.error(error);
		this.wait(false);
		const { kind = "broken", after } = error, { state } = this;
		let [title, sentence] = ENDINGS[kind] || ENDINGS.broken;
		if (kind === "refused") sentence = error.sentence;
		if (kind === "many") sentence += ` Wait ${count(after || 5, "second")}, then try again.`;
		const retry = () => { clearTimeout(this.again); if (state === this.state) (again || (() => this.show(state)))(); };
		if (kind === "restarting") this.again = setTimeout(retry, (after || 2) * 1000);
		if (kind === "offline") addEventListener("online", retry, { once: true });
		if (again) return this.$(".more").append(this.notice(title, sentence, retry));
		this.place("");
		this.results.replaceChildren(this.ending(kind, sentence, kind !== "refused" && button("Try again", retry, { class: "button" })));
		this.facets({});
		this.say(title);
	}

	ending(kind, sentence, ...kids) {
		return h("div", { class: "ending " + kind }, h("h1", {}, ENDINGS[kind][0]), h("p", {}, sentence), kids);
	}

	say(text) { this.$("#said").textContent = text; }

	place(title, home) {
		this.frame.classList.toggle("at-home", !!home);
		this.$(".home").hidden = !home;
		this.results.hidden = !!home;
		if (this.page) document.title = (title && title + " · ") + this.set.name;
	}

	/* ---- showing ---- */
	open(state, answer) {
		this.wait(false);
		Object.assign(this, { state, answer });
		if (!answer) return this.home();
		this.place(state.q || "Like " + (answer.like || state.like));
		const { hits } = answer, filtered = Object.keys(state.filters).length > 0, poor = answer.no_good_match || !hits.length;
		const list = [hits.length > 0 && h("ol", { class: "hits" }, hits.map((hit, at) => this.hit(hit, at))),
			h("div", { class: "more" }, answer.total > hits.length && button("Load more", () => this.more(), { class: "button" }), this.missing())];
		this.results.replaceChildren(...[
			!poor ? this.head(state, answer) : hits.length || !filtered ? this.ending("nothing", ENDINGS.nothing[1]) : this.blocked(state),
			filtered && this.chips(state),
			answer.did_you_mean && h("p", { class: "meant" }, "Did you mean ",
				this.link({ ...state, q: answer.did_you_mean, page: 1 }, {}, bdi(answer.did_you_mean)), "?"),
			poor && hits.length ? h("details", {}, h("summary", {}, "Show the nearest anyway"), list) : list,
		].flat().filter(Boolean));
		this.facets(answer.facets || {});
		this.say(poor ? this.$("h1").textContent : `${this.total(answer)}, ${hits.length} shown`);
	}

	total({ total, total_text }) { return count(total, "result", /\+$/.test(total_text) ? "+" : ""); }

	head(state, answer) {
		const sort = h("select", { onchange: (event) => this.go({ ...state, sort: event.target.value, page: 1 }) },
			this.set.sorts.map(([value, label]) => h("option", { value, selected: value === state.sort }, label)));
		return h("div", { class: "head" },
			h("h1", {}, state.like && ["Like ", bdi(answer.like || state.like), " · "], this.total(answer),
				h("small", {}, ` in ${Math.max(1, Math.round(answer.took_ms?.total || 0))} ms`)),
			button("Filters", () => this.sheet(), { class: "sheet" }),
			!state.like && h("label", {}, "Sort ", sort));
	}

	chips(state) {
		const chip = (field, value) => {
			const text = plain(value).replace(/^!/, "not ");
			return h("li", {}, this.link(without(state, field, value), { "aria-label": "Remove the filter " + text }, bdi(text), icon("clear")));
		};
		return h("ul", { class: "chips", "aria-label": "Filters in use" },
			Object.entries(state.filters).flatMap(([field, values]) => values.map((value) => chip(field, value))),
			h("li", {}, this.link({ ...state, filters: {}, page: 1 }, {}, "Clear all")));
	}

	hit(hit, at) {
		const { state, set } = this, url = web(hit.url), image = web(hit.image_url), [badge, reason] = BADGES[hit.matched] || BADGES.meaning;
		const title = plain(hit.title || hit.id), click = () => this.tell("click", hit, at);
		const address = url ? url.href : this.href(state) + "#hit-" + encodeURIComponent(hit.id);
		return h("li", { class: "hit", id: "hit-" + hit.id },
			image && h("img", { src: image.href, alt: "", width: 72, height: 72, loading: "lazy", referrerpolicy: "no-referrer", onerror: (event) => event.target.remove() }),
			h("article", {},
				h("h2", {}, url ? h("a", { href: url.href, rel: "noopener", dir: "auto", onclick: click, onauxclick: click }, title) : h("span", { dir: "auto", tabindex: -1 }, title)),
				h("p", { class: "from" }, url && bdi(url.host), hit.matched && h("span", { class: "badge " + hit.matched, title: reason }, badge)),
				hit.snippet && h("p", { class: "snippet", dir: "auto" }, this.pieces(hit.snippet)),
				hit.topics?.length > 0 && h("ul", { class: "topics", "aria-label": "Topics" }, hit.topics.map((topic) => h("li", {},
					this.link({ ...state, filters: { ...state.filters, topic: [topic] }, page: 1 }, {}, bdi(topic))))),
				h("div", { class: "actions" },
					this.link({ ...EMPTY, like: hit.id }, {}, "More like this"),
					button("Copy link", (event) => this.copy(event.target, address)),
					!state.like && button("Why this?", (event) => this.why(event.target, hit, at), { "aria-expanded": "false" }),
					set.feedback && h("span", { class: "thumbs" }, this.thumb("good", hit, at), this.thumb("bad", hit, at)))));
	}

	/* A snippet is escaped text with two marks: matched words, and the sentence that means the same. */
	pieces(snippet) {
		const unescape = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'" };
		return snippet.split(/(<mark>.*?<\/mark>|<u>.*?<\/u>)/s).map((piece) => {
			const [, tag, inner] = /^<(mark|u)>(.*)<\/\1>$/s.exec(piece) || [], parts = inner ?? piece;
			if (tag === "u") return h("u", {}, this.pieces(inner));
			const text = plain(parts.replace(/&(amp|lt|gt|quot|#x27);/g, (_, name) => unescape[name]));
			return tag ? h("mark", {}, text) : text;
		});
	}

	/* ---- what a result can do ---- */
	async copy(button, text) {
		let done = true;
		try { await navigator.clipboard.writeText(text); } catch {
			const field = h("textarea", { class: "unseen" }, text);
			button.after(field);
			field.select();
			done = document.execCommand("copy");
			field.remove();
			button.focus();
		}
		button.textContent = done ? "Copied" : text;
		this.say(done ? "Link copied" : text);
		if (done) setTimeout(() => { button.textContent = "Copy link"; }, 2000);
	}

	async why(button, hit, at) {
		const open = button.ariaExpanded !== "true", article = button.closest("article");
		button.ariaExpanded = open;
		article.querySelector("dl")?.remove();
		if (!open) return;
		const panel = article.appendChild(h("dl", {}));
		let rows = [["Why", "The reasons cannot be fetched now. Try again in a moment."]];
		try {
			rows = (await this.fetch("why" + at, `why?${this.query({ ...this.state, page: 1 })}&at=${at}`)).reasons;
		} catch { /* the sentence above says it */ }
		panel.replaceChildren(...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
	}

	tell(kind, hit, at, reason = "") {
		const { q, like } = this.state, { request_id, release } = this.answer || {};
		if (this.set.feedback) navigator.sendBeacon(this.base + "feedback", JSON.stringify({
			kind, question: q || "like:" + like, request_id, release, id: hit?.id, position: hit && at + 1, reason }));
	}

	thumb(kind, hit, at) {
		const label = kind === "good" ? "Good result" : "Poor result";
		const press = ({ currentTarget: thumb }) => {
			const on = thumb.ariaPressed !== "true", article = thumb.closest("article");
			for (const each of thumb.parentNode.children) each.ariaPressed = on && each === thumb;
			article.querySelector(".reason")?.remove();
			if (!on) return;
			this.tell(kind, hit, at);
			this.say("Thank you");
			if (kind === "bad") article.append(this.reason("What is wrong with it? (optional)", (text) => this.tell(kind, hit, at, text)));
		};
		return button(icon(kind), press, { "aria-pressed": "false", "aria-label": label, title: label });
	}

	reason(label, send) {
		const field = h("input", { maxlength: 500, placeholder: label, "aria-label": label });
		const onsubmit = (event) => {
			event.preventDefault();
			send(field.value.trim());
			form.replaceChildren(h("p", { role: "status" }, "Thank you."));
		};
		const form = h("form", { class: "reason", onsubmit }, field, h("button", {}, "Send"));
		return form;
	}

	missing() {
		return this.set.feedback && button("Something is missing?", ({ target }) => {
			const form = this.reason("What did you expect to find?", (text) => this.tell("missing", null, 0, text));
			target.replaceWith(form);
			form.firstChild.focus();
		}, { class: "plain" });
	}

	/* Nothing with these filters: offer to drop the one that blocks most. */
	blocked(state) {
		const offer = h("p", {}), drop = (next, ...kids) => offer.replaceChildren(this.link(next, { class: "button" }, ...kids));
		this.fetch("loosen", "loosen?" + this.query(state)).then(({ field, value, total }) => field
			? drop(without(state, field, value), "Drop ", bdi(value.replace(/^!/, "not ")), ` for ${count(total, "result")}`)
			: drop({ ...state, filters: {}, page: 1 }, "Drop all filters"), () => {});
		return this.ending("filtered", ENDINGS.filtered[1], offer);
	}

	/* ---- filters ---- */
	facets(facets) {
		const panel = this.$(".panel"), focused = this.root.activeElement, { filters } = this.state;
		panel.replaceChildren(...Object.entries(facets).map(([field, counts]) => {
			const on = filters[field] || [], gone = on.filter((value) => !(value in counts) && value[0] !== "!");
			const values = [...gone.map((value) => [value, 0]), ...Object.entries(counts)];
			if (values.length < 2 && !on.length) return "";
			return h("fieldset", {}, h("legend", {}, field[0].toUpperCase() + field.slice(1)),
				values.map(([value, n]) => h("label", {},
					h("input", { type: "checkbox", name: field, value, checked: on.includes(value), onchange: ({ target }) => this.filter(field, value, target.checked) }),
					bdi(value), h("span", {}, n.toLocaleString("en")))),
				values.length > 8 && button("Show all " + values.length, ({ target }) => { target.parentNode.classList.add("whole"); target.remove(); }, { class: "plain" }));
		}).filter(Boolean));
		this.frame.classList.toggle("faceted", !!panel.firstChild);
		if (focused?.type === "checkbox") [...panel.querySelectorAll("input")].find((i) => i.name === focused.name && i.value === focused.value)?.focus();
	}

	filter(field, value, on) {
		const { state } = this, { filters } = state;
		this.go(on ? { ...state, filters: { ...filters, [field]: [...(filters[field] || []), value] }, page: 1 } : without(state, field, value));
	}

	sheet() {
		this.$("dialog").prepend(this.$(".panel"));
		this.$("dialog").showModal();
	}

	/* ---- typing: the combobox pattern ---- */
	bind() {
		const { input } = this, dialog = this.$("dialog");
		const parts = { role: "combobox", "aria-autocomplete": "list", "aria-controls": "suggestions", "aria-expanded": "false" };
		for (const [name, value] of Object.entries(parts)) input.setAttribute(name, value);
		this.$("#ask").addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
		input.addEventListener("input", () => {
			this.$(".clear").hidden = !input.value;
			clearTimeout(this.typing);
			this.typing = setTimeout(() => this.suggest(), SUGGEST);
		});
		input.addEventListener("keydown", (event) => this.press(event));
		input.addEventListener("blur", () => this.close());
		input.addEventListener("click", () => input.value || this.suggest());
		this.list.addEventListener("mousedown", (event) => event.preventDefault());
		this.list.addEventListener("click", (event) => this.choose(event.target.closest("li")));
		this.$(".clear").addEventListener("click", () => { this.fill(""); this.close(); input.focus(); });
		this.$(".brand").addEventListener("click", (event) => {
			if (modified(event)) return;
			event.preventDefault();
			this.go(EMPTY);
			input.focus();
		});
		dialog.addEventListener("close", () => { this.$(".facets").append(this.$(".panel")); this.$("button.sheet")?.focus(); });
		dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
		if (this.page) document.addEventListener("keydown", (event) => {
			const { key, target } = event, slash = key === "/" && !modified(event) && !target.closest("input:not([type=checkbox]), textarea, select");
			if (dialog.open || !(slash || (key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey))) return;
			event.preventDefault();
			input.focus();
			input.select();
		});
	}

	submit() {
		const q = this.input.value.trim();
		this.close();
		if (matchMedia("(pointer: coarse)").matches) this.input.blur();
		if (q) this.go({ ...this.state, q, like: "", page: 1 });
	}

	fill(text) {
		if (this.input.value !== text) this.input.value = text;
		this.$(".clear").hidden = !text;
	}

	press(event) {
		const { key } = event, open = !this.list.hidden, last = this.options.length - 1, { active } = this;
		if (event.isComposing || event.keyCode === 229) return key === "Enter" && event.preventDefault();
		if (event.ctrlKey || event.metaKey || event.shiftKey) return;
		const act = {
			ArrowDown: () => (open ? this.mark(active >= last ? -1 : active + 1) : this.suggest(event.altKey ? -1 : 0)),
			ArrowUp: open && (() => (event.altKey ? this.close() : this.mark(active < 0 ? last : active - 1))),
			Enter: open && active >= 0 && (() => this.choose(this.options[active])),
			Escape: (open || this.input.value) && (() => { if (!open) this.fill(""); this.close(); }),
		}[key];
		if (/^(Arrow(Left|Right)|Home|End)$/.test(key)) this.mark(-1);
		if (!act) return;
		event.preventDefault();
		act();
	}

	mark(at) {
		this.active = at;
		this.options.forEach((option, i) => option.setAttribute("aria-selected", i === at));
		if (at < 0) return this.input.removeAttribute("aria-activedescendant");
		this.input.setAttribute("aria-activedescendant", this.options[at].id);
		this.options[at].scrollIntoView({ block: "nearest" });
	}

	choose(option) {
		this.fill(option.dataset.text);
		this.submit();
	}

	async suggest(first = -1) {
		const typed = this.input.value.trim(), low = typed.toLowerCase();
		const own = this.recent().filter((text) => text !== typed && text.toLowerCase().startsWith(low)).slice(0, typed ? 2 : RECENT);
		let found = [];
		try { if (typed) found = (await this.fetch("suggest", "suggest?q=" + encodeURIComponent(typed))).suggestions; } catch { /* typing goes on without */ }
		if (this.root.activeElement !== this.input || this.input.value.trim() !== typed) return;
		this.offer([...own, ...found.filter((text) => !own.includes(text))], own.length, low, first);
	}

	offer(texts, own, low, first) {
		if (!texts.length) return this.close();
		const split = (text) => {
			const at = text.toLowerCase().indexOf(low), end = at + low.length;
			return at < 0 ? h("b", {}, text) : [h("b", {}, text.slice(0, at)), text.slice(at, end), h("b", {}, text.slice(end))];
		};
		this.options = texts.map((text, at) => h("li", { role: "option", id: "option-" + at, "data-text": text },
			h("bdi", {}, split(plain(text))), at < own && h("small", {}, "recent")));
		this.list.replaceChildren(...this.options);
		this.list.hidden = false;
		this.input.ariaExpanded = "true";
		this.mark(first);
		this.say(count(texts.length, "suggestion"));
	}

	close() {
		clearTimeout(this.typing);
		this.latest.suggest?.abort();
		this.list.hidden = true;
		this.input.ariaExpanded = "false";
		this.mark(-1);
	}

	/* ---- at home, and what this browser keeps ---- */
	home() {
		this.place("", true);
		this.facets({});
		this.say("");
		const own = this.recent();
		this.$(".recent").replaceChildren(...(own.length ? [
			h("p", {}, "Your recent searches ", button("Clear", () => { kept.set("recent"); this.home(); }, { class: "plain" })),
			h("ul", { class: "examples" }, own.map((q) => h("li", {}, this.link({ ...EMPTY, q }, {}, bdi(q))))),
		] : []));
	}

	recent() { return kept.get("recent") || []; }

	recall(q) {
		if (!kept.get("forget")) kept.set("recent", [q, ...this.recent().filter((text) => text !== q)].slice(0, RECENT));
	}

	prefs() {
		const keep = h("input", { type: "checkbox", checked: !kept.get("forget"), onchange: ({ target }) => {
			kept.set("forget", target.checked ? null : true);
			if (!target.checked) kept.set("recent");
			if (!this.$(".home").hidden) this.home();
		} });
		this.$("footer").append(h("label", {}, keep, "Keep my recent searches in this browser"));
		const theme = this.$(".theme"), system = matchMedia("(prefers-color-scheme: dark)");
		const { dataset } = this.page ? document.documentElement : this.root.host;
		const paint = (choice) => {
			if (choice) dataset.theme = choice;
			else delete dataset.theme;
			theme.ariaPressed = choice ? choice === "dark" : system.matches;
		};
		theme.addEventListener("click", () => {
			const dark = theme.ariaPressed !== "true", choice = dark === system.matches ? null : dark ? "dark" : "light";
			kept.set("theme", choice);
			paint(choice);
		});
		system.addEventListener("change", () => paint(kept.get("theme")));
		paint(kept.get("theme"));
	}
}

/* <search-bar src="https://search.example/"></search-bar>: the same box on anybody's page. */
class SearchBar extends HTMLElement {
	async connectedCallback() {
		if (this.shadowRoot) return;
		const root = this.attachShadow({ mode: "open" }), base = new URL(".", new URL(this.getAttribute("src"), document.baseURI)).href;
		const key = this.getAttribute("key"), headers = key ? { "X-API-Key": key } : {};
		const [page, css] = await Promise.all([base, base + "searchbar.css"].map(async (url) => (await fetch(url, { headers })).text()));
		const sheet = new CSSStyleSheet();
		sheet.replaceSync(css);
		root.adoptedStyleSheets = [sheet];
		root.append(document.importNode(new DOMParser().parseFromString(page, "text/html").querySelector(".searchbar"), true));
		new Box(root, base, key);
	}
}

customElements.define("search-bar", SearchBar);
if ("page" in (document.currentScript?.dataset || {})) {
	if (kept.get("theme")) document.documentElement.dataset.theme = kept.get("theme");
	document.addEventListener("DOMContentLoaded", () => new Box(document, new URL(".", location.href).href));
}
})();
