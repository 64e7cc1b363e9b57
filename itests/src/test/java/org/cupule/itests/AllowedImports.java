package org.cupule.itests;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Stream;

/**
 * The page {@code cnf/allowed-imports.txt}.
 *
 * @threading immutable
 *
 * @param rules
 *            its lines, in order
 */
record AllowedImports(List<Rule> rules) {
    /** One line: bundles by the pattern of their folder's name, and what they may import. */
    private record Rule(String bundles, List<String> packages) {
        private static Rule of(String line) {
            var words = List.of(line.strip().split("\\s+"));
            return new Rule(words.getFirst(), words.subList(1, words.size()));
        }

        private boolean matches(String folder) {
            return folder.matches(bundles.replace("*", ".*"));
        }

        private boolean allows(String name) {
            return packages.stream().anyMatch(pattern -> matches(pattern, name));
        }

        private static boolean matches(String pattern, String name) {
            var prefix = pattern.replace(".*", "");
            return name.equals(prefix) || pattern.endsWith(".*") && name.startsWith(prefix + ".");
        }
    }

    static AllowedImports read() throws IOException {
        var text = Files.readString(BuiltBundle.root().resolve("cnf/allowed-imports.txt")).replace("\\\n", " ");
        return new AllowedImports(text.lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(Rule::of)
                .toList());
    }

    /** {@return the imports of {@code bundle} that no line allows} */
    List<String> forbidden(BuiltBundle bundle) {
        return forbidden(bundle.folder(), bundle.packages("Import-Package").stream());
    }

    /** {@return those of {@code imports} that a bundle in {@code folder} may not have} */
    List<String> forbidden(String folder, Stream<String> imports) {
        var rule = rules.stream().filter(each -> each.matches(folder)).findFirst();
        return imports
                .filter(name -> !name.startsWith("java."))
                .filter(name -> rule.isEmpty() || !rule.get().allows(name))
                .toList();
    }
}
