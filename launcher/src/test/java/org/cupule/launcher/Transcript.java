package org.cupule.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The fenced blocks of a page that are marked {@code console}: what a person types and what is printed then. A block
 * with a name goes on with the program that the first one of that name has started, as a terminal of its own does.
 *
 * <pre>
 *  $ COMMAND          run by bash
 *  name> INPUT        typed into the block's program when it has asked with "name> "
 *  ...                any lines, or none; in a line any letters
 *  other text         a line that is printed
 * </pre>
 *
 * @param name
 *            of the terminal; empty for one in which each command is run to its end
 * @param lines
 *            what is in it
 * @threading immutable
 */
record Transcript(String name, List<String> lines) {
    private static final Pattern BEGIN = Pattern.compile("```console ?(\\w*)");
    private static final Pattern TYPED = Pattern.compile("(\\w+> )(.+)");
    private static final String END = "```";
    static final String ANY = "...";

    /** {@return the blocks of a page, in order} */
    static List<Transcript> of(Path page) throws IOException {
        var blocks = new ArrayList<Transcript>();
        List<String> block = null;
        for (String line : Files.readAllLines(page)) {
            Matcher begin = BEGIN.matcher(line);
            if (block != null && line.equals(END)) {
                block = null;
            } else if (block != null) {
                block.add(line);
            } else if (begin.matches()) {
                block = new ArrayList<>();
                blocks.add(new Transcript(begin.group(1), block));
            }
        }
        return blocks;
    }

    /** {@return the command of a line; empty when it is none} */
    static String command(String line) {
        return line.startsWith("$ ") ? line.substring(2) : "";
    }

    /** {@return what is typed at a prompt; empty when the line is none} */
    static String typed(String line) {
        Matcher typed = TYPED.matcher(line);
        return typed.matches() ? typed.group(2) : "";
    }

    /** {@return the prompt of a line with what is typed} */
    static String prompt(String line) {
        Matcher typed = TYPED.matcher(line);
        return typed.matches() ? typed.group(1) : "";
    }

    /** {@return whether a printed line is what the page says} */
    static boolean matches(String expected, String printed) {
        return printed.strip().matches(Pattern.quote(expected.strip()).replace(ANY, "\\E.*\\Q"));
    }

    /**
     * {@return what is wrong with printed lines; empty when they are as the page says}
     *
     * @param expected
     *            lines of the page
     * @param printed
     *            the lines that came
     */
    static String difference(List<String> expected, List<String> printed) {
        int at = 0;
        boolean any = false;
        for (String line : expected) {
            if (line.equals(ANY)) {
                any = true;
                continue;
            }
            while (any && at < printed.size() && !matches(line, printed.get(at))) {
                at++;
            }
            if (at == printed.size() || !matches(line, printed.get(at))) {
                return "the page says '%s', printed was%n%s".formatted(line, String.join("\n", printed));
            }
            at++;
            any = false;
        }
        return any || at == printed.size() ? "" : "the page does not say " + printed.subList(at, printed.size());
    }
}
