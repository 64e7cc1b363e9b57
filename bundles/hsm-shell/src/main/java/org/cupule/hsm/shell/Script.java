package org.cupule.hsm.shell;

import java.util.ArrayList;
import java.util.List;

/**
 * The statements of a script: separated by ends of lines and semicolons outside of quotes and brackets; a line that
 * ends in a backslash goes on in the next, and {@code #} at the beginning of a statement makes the rest of the line a
 * comment.
 *
 * @threading confined to its maker
 */
final class Script {
    private final String text;
    private final List<String> statements = new ArrayList<>();
    private final StringBuilder statement = new StringBuilder();
    private int depth;
    private char quote;

    private Script(String text) {
        this.text = text.replace("\r\n", "\n").replace("\\\n", " ");
    }

    static List<String> statements(String text) {
        var script = new Script(text);
        for (int i = 0; i < script.text.length(); i++) {
            i = script.take(i);
        }
        script.end();
        return List.copyOf(script.statements);
    }

    /** Takes the character at an index. @return the index of the last one taken */
    private int take(int index) {
        char letter = text.charAt(index);
        if (quote != 0) {
            return quoted(index, letter);
        }
        if (letter == '#' && statement.toString().isBlank()) {
            int end = text.indexOf('\n', index);
            return end < 0 ? text.length() : end;
        }
        if (depth == 0 && (letter == ';' || letter == '\n')) {
            end();
            return index;
        }
        bracketed(letter);
        statement.append(letter);
        return index;
    }

    private int quoted(int index, char letter) {
        statement.append(letter);
        if (letter == '\\' && index + 1 < text.length()) {
            statement.append(text.charAt(index + 1));
            return index + 1;
        }
        quote = letter == quote ? 0 : quote;
        return index;
    }

    private void bracketed(char letter) {
        switch (letter) {
            case '\'', '"' -> quote = letter;
            case '{', '(', '[' -> depth++;
            case '}', ')', ']' -> depth = Math.max(0, depth - 1);
            default -> {
                // any other letter leaves quotes and brackets as they are
            }
        }
    }

    private void end() {
        if (!statement.toString().isBlank()) {
            statements.add(statement.toString().strip());
        }
        statement.setLength(0);
    }
}
