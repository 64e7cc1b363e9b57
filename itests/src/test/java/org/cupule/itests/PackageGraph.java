package org.cupule.itests;

import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Which package of a bundle names which other package of the same bundle, read from the constant pools of its classes.
 *
 * @threading immutable
 *
 * @param edges
 *            for each package the packages that it names
 */
record PackageGraph(Map<String, Set<String>> edges) {
    /** A class in a descriptor or a generic signature: {@code Lorg/cupule/types/Bdf;}. */
    private static final Pattern DESCRIPTOR = Pattern.compile("L([\\w/$]+)/[\\w$]+[;<]");

    static PackageGraph of(BuiltBundle bundle) {
        var edges = new TreeMap<String, Set<String>>();
        bundle.classFiles().forEach(file -> edges.computeIfAbsent(folder(file), name -> new TreeSet<>()));
        bundle.classFiles().forEach(file -> named(bundle.bytes(file))
                .filter(name -> edges.containsKey(name) && !name.equals(folder(file)))
                .forEach(edges.get(folder(file))::add));
        return new PackageGraph(edges);
    }

    /** {@return the packages from which a way leads back to themselves} */
    Set<String> inCycles() {
        var cyclic = new TreeSet<String>();
        edges.keySet().stream().filter(name -> reachable(name).contains(name)).forEach(cyclic::add);
        return cyclic;
    }

    private Set<String> reachable(String start) {
        var seen = new TreeSet<String>();
        var pending = new ArrayDeque<>(edges.get(start));
        while (!pending.isEmpty()) {
            var name = pending.pop();
            if (seen.add(name)) {
                pending.addAll(edges.get(name));
            }
        }
        return seen;
    }

    private static Stream<String> named(byte[] classFile) {
        var pool = ClassFile.of().parse(classFile).constantPool();
        return StreamSupport.stream(pool.spliterator(), false).flatMap(PackageGraph::named);
    }

    private static Stream<String> named(PoolEntry entry) {
        return switch (entry) {
            case ClassEntry type -> Stream.of(folder(type.asInternalName()));
            case Utf8Entry text -> DESCRIPTOR.matcher(text.stringValue()).results().map(match -> match.group(1));
            default -> Stream.empty();
        };
    }

    private static String folder(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }
}
