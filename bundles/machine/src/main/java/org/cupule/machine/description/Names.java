package org.cupule.machine.description;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Helps people who mistyped a name.
 *
 * @threading immutable
 */
final class Names {
    private static final int NEAR = 3;

    private Names() {
    }

    /** {@return what to do about a name that is not known: the nearest one that is, or all of them} */
    static String hint(String wrong, Collection<String> known) {
        List<String> sorted = known.stream().sorted().toList();
        return sorted.stream().min(Comparator.comparingInt(name -> distance(wrong, name)))
                .filter(name -> distance(wrong, name) <= Math.min(NEAR, name.length() / 2 + 1))
                .map(name -> "did you mean '" + name + "'?")
                .orElse(sorted.isEmpty() ? "there are none" : "there are: " + String.join(", ", sorted));
    }

    /** {@return how many letters have to be added, taken away or changed} */
    static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(previous[j - 1] + change, Math.min(previous[j], row[j - 1]) + 1);
            }
            previous = row;
        }
        return previous[b.length()];
    }
}
