package org.cupule.hsm.shell;

import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.cupule.types.HsmException;

/**
 * Failures of commands in the words of a person: one sentence, without the names of classes.
 *
 * @threading immutable
 */
final class Complaint {
    /** What Gogo says when no form of a command takes the arguments. */
    private static final Pattern MISMATCH = Pattern.compile("Cannot coerce ([^(]+)\\(.*", Pattern.DOTALL);
    private static final Pattern OPTION = Pattern.compile("--?[a-zA-Z][a-zA-Z-]*");
    /** A failure that tells another one ends in both error numbers; the last is the caller's. */
    private static final Pattern INNER_ERRNO = Pattern.compile(" \\[E[A-Z0-9]+\\](?=( \\[E[A-Z0-9]+\\])+$)");

    private Complaint() {
    }

    /** {@return the sentence for a failure of a statement} */
    static String of(Manual manual, String statement, Throwable failure) {
        return switch (failure) {
            case HsmException e -> INNER_ERRNO.matcher(String.valueOf(e.getMessage())).replaceAll("");
            case InterruptedException e -> "interrupted";
            case InvocationTargetException e when e.getCause() != null -> of(manual, statement, e.getCause());
            case Throwable e when e.getClass().getSimpleName().equals("CommandNotFoundException") -> text(e)
                    + "; 'help' lists the commands";
            case IllegalArgumentException e -> mismatch(manual, statement, e).orElseGet(() -> text(e));
            default -> text(failure);
        };
    }

    private static Optional<String> mismatch(Manual manual, String statement, Exception e) {
        var match = MISMATCH.matcher(text(e));
        if (!match.matches()) {
            return Optional.empty();
        }
        String command = match.group(1);
        return manual.usage(command).map(usage -> "%s: %s; usage: %s".formatted(command,
                stranger(manual, command, statement).orElse("wrong arguments"), usage));
    }

    private static Optional<String> stranger(Manual manual, String command, String statement) {
        String unknown = Arrays.stream(statement.split("\\s+")).filter(word -> OPTION.matcher(word).matches())
                .filter(word -> manual.forms(command).stream().allMatch(form -> form.option(word).isEmpty()))
                .collect(Collectors.joining(", "));
        return unknown.isEmpty() ? Optional.empty() : Optional.of("there is no option " + unknown);
    }

    private static String text(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.toString() : message;
    }
}
