package org.cupule.linux.acrn;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.cupule.abi.HypercallId;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** No hypercall is left out of {@link FailureClaims} silently. Runs on the host: the stand-in's source is there. */
class FailedCallsTest {
    private static final Path SOURCE = Path.of(System.getProperty("basedir", "."), "module", "cupule_rig.c");
    private static final Pattern CASE = Pattern.compile("case (0x\\p{XDigit}+)(?: \\.\\.\\. (0x\\p{XDigit}+))?:");
    private static final int CALL = 0xFF;
    /** All numbers of {@code hsm.md} 3.2, those that mainline's driver makes and those that ACRN offers besides. */
    private static final List<Integer> OF_THE_SPECIFICATION = List.of(0x00, 0x01, 0x02, 0x10, 0x11, 0x12, 0x13, 0x14,
            0x15, 0x16, 0x23, 0x24, 0x25, 0x30, 0x31, 0x32, 0x33, 0x41, 0x42, 0x43, 0x44, 0x53, 0x54, 0x55, 0x56, 0x57,
            0x58, 0x59, 0x5A, 0x61, 0x62, 0x63, 0x70, 0x71, 0x72, 0x80, 0x90, 0x91);

    @Test
    @DisplayName("HSM-HC-05 each hypercall of the specification is let fail, or it is told why the driver never makes it")
    void all() {
        assertThat(FailedCalls.tested()).doesNotContainAnyElementsOf(FailedCalls.NEVER_MADE.keySet());
        assertThat(Arrays.stream(HypercallId.values()).filter(call -> !FailedCalls.NEVER_MADE.containsKey(call)))
                .containsExactlyInAnyOrderElementsOf(FailedCalls.tested());
    }

    @Test
    @DisplayName("HSM-HC-05 no number of the specification's list is left out, those without a name neither")
    void allNumbers() {
        Stream<Integer> named = Stream.concat(FailedCalls.tested().stream(), FailedCalls.NEVER_MADE.keySet().stream())
                .map(call -> call.number() & CALL);
        assertThat(Stream.concat(named, FailedCalls.NEVER_MADE_EITHER.keySet().stream()))
                .containsExactlyInAnyOrderElementsOf(OF_THE_SPECIFICATION);
    }

    @Test
    @DisplayName("each hypercall that the stand-in carries out is let fail")
    void standIn() throws IOException {
        Set<Integer> tested = FailedCalls.tested().stream().map(call -> call.number() & CALL)
                .collect(Collectors.toSet());
        assertThat(carriedOut()).isNotEmpty().isEqualTo(tested);
    }

    /** {@return the numbers that {@code act} of the stand-in knows} */
    private static Set<Integer> carriedOut() throws IOException {
        String source = Files.readString(SOURCE);
        int act = source.indexOf("static long act(");
        Matcher matcher = CASE.matcher(source.substring(act, source.indexOf("\n}", act)));
        Set<Integer> numbers = new TreeSet<>();
        while (matcher.find()) {
            int first = Integer.decode(matcher.group(1));
            int last = matcher.group(2) == null ? first : Integer.decode(matcher.group(2));
            for (int number = first; number <= last; number++) {
                numbers.add(number);
            }
        }
        return numbers;
    }
}
