package org.cupule.hw.cpu.systest;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What QEMU is known to do otherwise than the manual says, from {@code guests/systest/qemu-differences.txt}.
 *
 * <pre>
 * == name of the difference
 * manual: volume and section that decide
 * ~ regular expression in a line of ours
 * &gt; what QEMU has in its place
 * </pre>
 *
 * A line of QEMU's is accepted when it is ours, or ours after some of the rules that match it.
 */
final class Differences {
    /**
     * @param difference
     *            to which it belongs
     * @param ours
     *            found in a line of ours
     * @param theirs
     *            its replacement
     */
    private record Rule(String difference, Pattern ours, String theirs) {
        String apply(String line) {
            return ours.matcher(line).replaceAll(theirs);
        }
    }

    private final List<Rule> rules = new ArrayList<>();
    private final Set<String> names = new LinkedHashSet<>();
    private final Set<String> explained = new LinkedHashSet<>();
    private final Set<String> seen = new TreeSet<>();

    /** {@return the list of the guests' folder} */
    static Differences listed() {
        return new Differences(SystemGuest.text(SystemGuest.FOLDER.resolve("qemu-differences.txt")));
    }

    /** Reads a list. */
    Differences(String text) {
        String name = "";
        String ours = "";
        for (String line : text.lines().toList()) {
            if (line.startsWith("== ")) {
                name = line.substring(3);
                names.add(name);
            } else if (line.startsWith("manual: ")) {
                explained.add(name);
            } else if (line.startsWith("~ ")) {
                ours = line.substring(2);
            } else if (line.startsWith("> ")) {
                rules.add(new Rule(name, Pattern.compile(ours), line.substring(2)));
            } else if (!line.isBlank() && !line.startsWith("#")) {
                throw new IllegalArgumentException(line);
            }
        }
    }

    Set<String> names() {
        return names;
    }

    /** {@return those whose section of the manual is named} */
    Set<String> explained() {
        return explained;
    }

    /** {@return the differences that {@link #unexplained} has needed so far} */
    Set<String> seen() {
        return seen;
    }

    /** {@return the lines of QEMU's that no listed difference explains, each with ours} */
    List<String> unexplained(String ours, String qemus) {
        List<String> mine = ours.lines().toList();
        List<String> theirs = qemus.lines().toList();
        var odd = new ArrayList<String>();
        for (int i = 0; i < Math.max(mine.size(), theirs.size()); i++) {
            String one = i < mine.size() ? mine.get(i) : "(nothing)";
            String other = i < theirs.size() ? theirs.get(i) : "(nothing)";
            if (!accepts(one, other)) {
                odd.add("ours: " + one + "\nQEMU: " + other);
            }
        }
        return odd;
    }

    private boolean accepts(String ours, String theirs) {
        if (ours.equals(theirs)) {
            return true;
        }
        List<Rule> matching = rules.stream().filter(rule -> rule.ours.matcher(ours).find()).toList();
        for (int chosen = 1; chosen < 1 << matching.size(); chosen++) {
            if (after(ours, matching, chosen).equals(theirs)) {
                note(matching, chosen);
                return true;
            }
        }
        return false;
    }

    private static String after(String line, List<Rule> rules, int chosen) {
        String result = line;
        for (int i = 0; i < rules.size(); i++) {
            result = (chosen >> i & 1) != 0 ? rules.get(i).apply(result) : result;
        }
        return result;
    }

    private void note(List<Rule> rules, int chosen) {
        for (int i = 0; i < rules.size(); i++) {
            if ((chosen >> i & 1) != 0) {
                seen.add(rules.get(i).difference);
            }
        }
    }
}
