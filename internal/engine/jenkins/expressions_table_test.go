package jenkins

import "strings"

// expressionTable are expressions as pipelines have them.
func expressionTable() []string {
	return strings.Split(strings.TrimSpace(`
"""a$x b"""
'''a$x b'''
"$x$x"
"$a.b."
"$a.b()"
"$x-y"
"$x[0]"
'\u0041'
/a\/b\n/
/a$/
/a$x/
/a${x}b/
$/a$$b/$
$/a$/b/$
$/a\b $x ${x}/$
$/a$ b/$
$/$$x/$
$/x/y/$
'\101\7\400'
"${x}${x}"
"${"$x"}"
"${a.b + '}'}"
"\${x}"
'\$x'
"${null}"
"${[1,2]}"
"${[a:1]}"
"${true} ${1.50} ${1_000} ${0x1F} ${1L}"
'a'*3
'abc'[1..2]
'abc'[-1]
'a,b'.split(',')[0]
'a,b'.tokenize(',')
("${x}" == "X")
(["X"].contains("${x}"))
("${x}" in ["X"])
[X: 1]["${x}"]
["${x}": 1]["X"]
["${x}": 1].X
'' ? 1 : 2
[] ? 1 : 2
0 ? 1 : 2
'a' + 1
'a' + null
1 + 'a'
null + 'a'
'a' - 'a'
"${x}" + 1
"${x}" + 'a'
'a' + "${x}"
'abc' - 'b'
'\\'
"\""
"${-> x}"
"${ }"
"$x."
"$x.5"
"${x }"
"${x;}"
"${def y = 1; y}"
"${a?.b}"
"${a['b']}"
"$a.b$x"
/\u0041/
"\$"
"a${"b"}c".length()
"""a"b""c"""
'''a'b''c'''
""""a"""
''''a'''
"""a\""""
[1,2].join("-")
'a-b'.replace('-', '_')
'a1b2'.replaceAll('[0-9]', '')
'A'.toLowerCase()
' a '.trim()
'a/b'.split('/').last()
'abc'.substring(1)
'abc'.take(2)
'abc'.contains('b')
'a'.equals('a')
'abc' =~ /b/ ? 1 : 0
'abc' ==~ /a.c/
('abc-123' =~ /([a-z]+)-([0-9]+)/)[0][2]
(version =~ /v(\d+)\.(\d+)/)[0][1]
true.toString()
1.toString()
'x'?.toUpperCase()
null?.foo
null?.foo()
null ?: 'd'
'' ?: 'd'
'a'.isEmpty()
!'a'
'a' < 'b'
'1' == 1
'a'.padLeft(3,'0')
'abc'.capitalize()
'a b'.split()
'a'.concat('b')
'5'.toInteger() + 1
'5' as int
7 % 3
7.intdiv(2)
(String) 1
'a'.multiply(2)
['a','b'].size()
[a:1].size()
[a:'b'].a
[a:'b'].get('a')
[a:'b'].get('c', 'd')
[a:'b'].getOrDefault('c','d')
[a:'b'].containsKey('a')
[a:1,b:2].collect { k, v -> k + v }.join(',')
[1,2,3].collect { it * 2 }
[1,2,3].findAll { it > 1 }
['a','b'].each { it }
[a:'b'].keySet().join()
['a'] + ['b']
['a'] + 'b'
['a'] << 'b'
[a:1] + [b:2]
['a','b'].contains('a')
'a' in ['a']
'a' in [a:1]
['b','a'].sort()
['a'].first()
['a','b'].last()
['a','a'].unique()
[[1],[2]].flatten()
String.format('%s-%s', 'a', 'b')
'abc'.reverse()
'a.b'.replaceAll('\\.', '-')
'a.b'.replaceFirst(/\./, '-')
'abc'.startsWith('a')
'abc'.endsWith('c')
'abc'.indexOf('c')
'aXb'.split('X', 2)
'a'.toBoolean()
'true'.toBoolean()
'a'.matches('a|b')
'ab'.matches('a|ab')
['a','b','c'][1..-1]
['a','b'][-1]
['a'][5]
'abc'.drop(1)
'abc'.lastIndexOf('c')
'a,b,,'.split(',').size()
'a,b,,'.tokenize(',').size()
'FOO_bar'.toUpperCase()
'  '.trim().isEmpty()
'a' == 'a' && 'b' != 'c'
('a' == 'b') || true
[1,2].every { it > 0 }
[1,2].any { it > 1 }
[1,2].find { it > 1 }
(1..3).collect { it }
(1..<3).toList()
'a'.plus('b')
'x'.equalsIgnoreCase('X')
true && 'a'
'a' || false
branch.replaceAll('/', '-').toLowerCase()
branch.tokenize('/')[-1]
branch.split('/')[0] == 'feature'
branch == 'main' ? 'production' : 'staging'
branch.startsWith('release/') ? 'production' : branch == 'main' ? 'staging' : 'development'
"app-${branch.replace('/', '-')}:${version - 'v'}"
version.substring(1)
version.replaceFirst('v', '')
list.join(',')
list.collect { "--set ${it}=1" }.join(' ')
list.findAll { it != 'q' }
list.contains('p') ? 'yes' : 'no'
list.size() > 2
list[0] + list[1]
list.indexOf('q') /*unknown*/
"${list}"
"${a}"
flag ? "on" : "off"
!flag
nothing ?: 'default'
nothing?.trim() ?: 'none'
empty ?: 'e'
n + 1
n * 2 - 1
n > 2 && flag
"${n}" + n
"n=" + (n + 1)
lines.readLines().size()
lines.trim().split('\n').size()
lines.split('\n')[1]
padded.trim()
"[${padded.trim()}]"
csv.split(',').size()
csv.tokenize(',').size()
csv.split(',').collect { it.toUpperCase() }.join(':')
path.split('/')[-1].replace('.txt', '')
path.contains('/') && !path.startsWith('/')
def m = [dev: 'k1', prod: 'k2']; m['prod']
def m = [dev: 'k1', prod: 'k2']; m.prod
def m = [dev: 'k1', prod: 'k2']; def e = 'dev'; m[e]
def m = [dev: 'k1', prod: 'k2']; def e = 'dev'; m."${e}"
def m = [dev: 'k1', prod: 'k2']; m.get('qa')
def m = [:]; m.a = 1; m['b'] = 2; m.put('c', 3); m
def l = []; l << 'a'; l.add('b'); l += 'c'; l
def l = []; for (i in list) { l << i.toUpperCase() }; l.join()
def s = ''; for (int i = 0; i < 3; i++) { s += i }; s
def s = ''; for (e in [a: 1, b: 2]) { s += e.key + e.value }; s
def s = 0; while (s < 5) { s++ }; s
def f = { it * 2 }; f(3)
def f = { p, q = 'z' -> p + q }; f('a')
def f = { -> 'k' }; f()
def f = { String p -> p.toUpperCase() }; f.call('a')
def g(p, q = 'd') { return p + q }; g('a') + g('a', 'b')
def g(Map m, p) { "${m.k}-${p}" }; g(k: 1, 'x')
def g(p) { if (p == 'a') { return 1 }; return 2 }; g('a') + g('b')
def g(p) { if (p == 'a') { 'one' } else { 'two' } }; g('a') + g('b')
def g(list) { for (i in list) { if (i == 'q') return 'found' }; 'none' }; g(list)
def r = ''; switch (x) { case 'W': r = 1; break; case 'X': r = 2; break; default: r = 3 }; r
def r = ''; switch (x) { case 'X': r += 1; case 'Y': r += 2; break; default: r += 3 }; r
def r = ''; switch (branch) { case ~/feature.*/: r = 'f'; break; default: r = 'd' }; r
def r = ''; switch (x) { case ['X', 'Y']: r = 'in'; break; default: r = 'out' }; r
def r = 'a'; try { r = 'b' } catch (e) { r = 'c' } finally { r += 'd' }; r
def r = 'a'; try { throw new Exception('x') } catch (e) { r = 'c' }; r
def (p, q) = ['1', '2']; q + p
def (p, q) = 'a-b'.split('-'); "${q}${p}"
def p, q; p = q = 'v'; p + q
def p = 1; p += 2; p -= 1; p
def p = 'a'; p += 'b'; p
def p = 1; p++; ++p; p--; p
def r = []; list.eachWithIndex { v, i -> r << "${i}${v}" }; r.join()
def r = []; [a: 1, b: 2].each { k, v -> r << k + v }; r.join()
def r = []; [a: 1, b: 2].each { r << it.key }; r.join()
def r = []; for (i in list) { if (i == 'q') { continue }; r << i }; r.join()
def r = []; for (i in list) { if (i == 'q') { break }; r << i }; r.join()
list.collectEntries { [it, it.toUpperCase()] }
[a: 1, b: 2].findAll { k, v -> v > 1 }
[a: 1, b: 2].collect { it.value }
['x', 'y'].collectEntries { [(it): it + 1] }
[(x): 1]
[(x): 1].X
["k-${x}": 1]
[*list, 's']
[a: 1, *: [b: 2]]
list*.toUpperCase()
[[n: 'a'], [n: 'b']].collect { it.n }
[[n: 'a'], [n: 'b']]*.n /*unknown*/
[[n: 'a'], [n: 'b']].n
[[n: 'a'], [n: 'b']].find { it.n == 'b' }.n
x?.length() > 0
'' + n
"${n > 2 ? 'big' : 'small'}"
"${flag}"
"${empty}"
'a' == "${'a'}"
"${'a'}" == "${'a'}"
"${'a'}".equals('a')
"${'a'}".toString().equals('a')
['a', "${'b'}"].join()
['a', 'b'] == ['a', 'b']
[1, 2] == [1, 2]
null == ''
null == null
'' == ''
0 == false
1 == true
'true' == true
'x'.is('x') /*unknown*/
{ -> 1 }
(x == 'X') ? [1] : [2]
[a: [b: [c: 'deep']]].a.b.c
[a: [b: [c: 'deep']]]['a']['b'].c
[a: [b: [c: 'deep']]]?.z?.b
'abc'.charAt(1)
'a-b-c'.split('-', 2)[1]
'k=v'.split('=')[1]
'k=v'.tokenize('=')[0]
'k = v'.split(/\s*=\s*/)[1]
'1.2.3'.split(/\./).size()
'1.2.3'.split('\\.').collect { it.toInteger() }.join('+')
'1.2.3'.tokenize('.')[0].toInteger() + 1
'abc'.toUpperCase().toLowerCase().capitalize()
'x'.plus('y').plus(1)
'v' + '1.2'.replace('.', '')
Integer.parseInt('4') + 1
String.valueOf(5) + 'x'
'5'.isInteger()
'abc'.isNumber() /*unknown*/
'a'.size() + [1].size()
'%d items' /*plain*/
'one two  three'.split(' ').size()
'one two  three'.tokenize().size()
' lead'.trim() + '|' + 'trail '.trim()
"${x.toLowerCase()}-${y.tokenize('-')[1]}"
"a${x}b${nothing}c"
"${a.c.d}${a['c']['d']}"
"${x ? y : empty}"
"${list.size()} of ${n}"
"${list[0]}${list[-1]}"
(list.size() == 3 && list[0] == 'p') ? 'ok' : 'no'
[1, 'a', true, null]
[a: null, b: [1], c: [d: 'e']]
"${[a: null, b: [1], c: [d: 'e']]}"
`), "\n")
}

// longExpressions are expressions of several lines.
func longExpressions() []string {
	return []string{
		"\"\"\"\n  --set a=${x} \\\\\n  --set b=${y}\n\"\"\".trim()",
		"\"\"\"\\\n  one\n  two\n\"\"\".stripIndent() /*unknown*/", "'''\n  one\n    two\n  '''.stripIndent() /*unknown*/", "'''  one\n    two'''.stripIndent()",
		"'''\n    |a\n    | b\n'''.stripMargin().trim()",
		"'''a\r\nb'''", "\"\"\"a\r\n$x\"\"\"", "'a\\\nb'", "\"a\\\n$x\"", "/a\nb/", "$/a\n$x/$",
		"def r = x\n  .toLowerCase()\n  .trim()\nr", "def r = flag\n  ? 'a'\n  : 'b'\nr", "def r = 'a' +\n  'b'\nr", "def r = [\n  a: 1,\n  b: 2,\n]\nr.b",
		"def f(p)\n{\n  p + 1\n}\nf(1)", "if (flag)\n{\n  't'\n}\nelse\n{\n  'e'\n}", "def s = ''\nlist.each\n{\n  s += it\n}\ns",
		"/* c */ def r = 1 // d\nr /* e */ + 2", "def r = [1,\n 2]\n  .size()\nr", "x == 'X' &&\n  flag",
	}
}
