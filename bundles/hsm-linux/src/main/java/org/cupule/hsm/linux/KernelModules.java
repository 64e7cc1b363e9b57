package org.cupule.hsm.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The modules of a kernel package: found by name, with those that they need before them. What a module needs stands in
 * itself, as {@code depends=a,b} among the strings of its section {@code .modinfo}; the package has no list of it, that
 * is made where the kernel is installed.
 *
 * @threading immutable
 */
final class KernelModules {
    private static final Pattern DEPENDS = Pattern.compile("\0depends=([\\w,-]*)\0");
    private static final String SUFFIX = ".ko";

    private final Map<String, Path> files;

    private KernelModules(Map<String, Path> files) {
        this.files = files;
    }

    /** {@return those below a folder; none where it does not exist} */
    static KernelModules in(Path folder) throws IOException {
        var files = new TreeMap<String, Path>();
        if (Files.isDirectory(folder)) {
            try (var found = Files.walk(folder)) {
                found.filter(file -> file.toString().endsWith(SUFFIX)).forEach(file -> files.put(name(file), file));
            }
        }
        return new KernelModules(files);
    }

    /** A module's name has an underscore where its file may have a hyphen. */
    private static String name(Path file) {
        return name(file.getFileName().toString().replace(SUFFIX, ""));
    }

    private static String name(String text) {
        return text.replace('-', '_');
    }

    /**
     * {@return these modules and what they need, in an order in which they can be loaded; those that are not there are
     * left out}
     */
    Map<String, Path> withNeeds(List<String> wanted) {
        var order = new LinkedHashMap<String, Path>();
        var visited = new LinkedHashSet<String>();
        wanted.forEach(module -> visit(name(module), visited, order));
        return order;
    }

    private void visit(String module, Set<String> visited, Map<String, Path> order) {
        Path file = files.get(module);
        if (file != null && visited.add(module)) {
            needs(file).forEach(needed -> visit(name(needed), visited, order));
            order.put(module, file);
        }
    }

    private static List<String> needs(Path file) {
        try {
            Matcher found = DEPENDS.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
            return found.find() && !found.group(1).isEmpty() ? List.of(found.group(1).split(",")) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
