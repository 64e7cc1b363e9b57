package org.cupule.machine.command;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * What a person is told whose arguments are wrong: one line, with the option that may have been meant.
 *
 * @threading immutable
 */
final class WrongUsage {
    private WrongUsage() {
    }

    /**
     * {@return the line}
     *
     * @param who
     *            in whose name it is told: {@code cupule run}
     */
    static String line(String who, ParameterException fault) {
        return "%s: %s %s --help lists the options.".formatted(who, sentence(fault), who);
    }

    /** Fails for words that nobody knows: who asks for help is forgiven them by picocli. */
    static void requireKnown(CommandLine parser, ParseResult parsed) {
        if (!parsed.unmatched().isEmpty()) {
            throw new UnmatchedArgumentException(parser, parsed.unmatched());
        }
    }

    private static String sentence(ParameterException fault) {
        return switch (fault) {
            case UnmatchedArgumentException unknown -> unknown(unknown);
            case MissingParameterException missing when missing.getMissing().getFirst().isPositional() ->
                missing.getMissing().getFirst().paramLabel() + " is missing.";
            default -> fault.getMessage() + ".";
        };
    }

    /** Of words that nobody knows the first option is why the others are not known. */
    private static String unknown(UnmatchedArgumentException fault) {
        List<String> words = fault.getUnmatched();
        return words.stream().filter(word -> word.startsWith("-")).findFirst()
                .map(option -> "there is no option '" + option + "'" + hint(fault))
                .orElseGet(() -> "'" + words.getFirst() + "' is one argument too many.");
    }

    private static String hint(UnmatchedArgumentException fault) {
        return fault.getSuggestions().stream().findFirst().map(meant -> "; did you mean '" + meant + "'?").orElse(".");
    }
}
