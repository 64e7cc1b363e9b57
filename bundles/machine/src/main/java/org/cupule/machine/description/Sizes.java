package org.cupule.machine.description;

import java.time.Duration;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * How people write numbers: {@code 64M} (powers of 1024), {@code 0x3F8}, {@code 60s}.
 *
 * @threading immutable
 */
public final class Sizes {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,18})([kKmMgGtT]?)(?:i?[bB])?");
    private static final Pattern HEX = Pattern.compile("0[xX]([0-9a-fA-F_]{1,16})");
    private static final Pattern TIME = Pattern.compile("(\\d{1,9})(ms|s|m|h|)");
    private static final String UNITS = "KMGT";

    private Sizes() {
    }

    /** {@return a size in bytes, decimal with an optional unit or hexadecimal; empty when it is none} */
    public static OptionalLong bytes(String text) {
        OptionalLong hex = hex(text);
        var match = SIZE.matcher(text.strip());
        if (hex.isPresent() || !match.matches()) {
            return hex;
        }
        int shift = match.group(2).isEmpty()
                ? 0
                : 10 * (1 + UNITS.indexOf(match.group(2).toUpperCase(Locale.ROOT)));
        long number = Long.parseLong(match.group(1));
        return number > Long.MAX_VALUE >> shift ? OptionalLong.empty() : OptionalLong.of(number << shift);
    }

    /** {@return a number, decimal or hexadecimal; empty when it is none} */
    public static OptionalLong number(String text) {
        return text.strip().matches("\\d{1,18}") ? OptionalLong.of(Long.parseLong(text.strip())) : hex(text);
    }

    private static OptionalLong hex(String text) {
        var match = HEX.matcher(text.strip());
        String digits = match.matches() ? match.group(1).replace("_", "") : "";
        return digits.isEmpty() || digits.length() == 16 && digits.charAt(0) > '7'
                ? OptionalLong.empty()
                : OptionalLong.of(Long.parseLong(digits, 16));
    }

    /** {@return a time with its unit, seconds without one; zero when it is none} */
    public static Duration time(String text) {
        var match = TIME.matcher(text.strip());
        if (!match.matches()) {
            return Duration.ZERO;
        }
        long number = Long.parseLong(match.group(1));
        return switch (match.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofSeconds(number);
        };
    }
}
