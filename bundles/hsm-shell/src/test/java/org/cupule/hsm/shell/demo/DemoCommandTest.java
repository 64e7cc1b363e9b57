package org.cupule.hsm.shell.demo;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import org.cupule.launch.CommandLine;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DemoCommandTest {
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
            "--rounds 0          | --rounds '0': a number from 1 to 100000 is expected",
            "--rounds            | --rounds '': a number from 1 to 100000 is expected",
            "--cpus 9            | --cpus '9': a number from 1 to 8 is expected",
            "--rounds 3 --cpus x | --cpus 'x': a number from 1 to 8 is expected",
            "--bogus             | '--bogus' is no option",
            "--rounds 3 5        | '5' is no option"})
    void refusesWhatItDoesNotKnowInOneLine(String arguments, String sentence) {
        assertThat(demo(arguments.split(" "))).isEqualTo(2);
        assertThat(err.toString(US_ASCII).lines()).singleElement().asString()
                .isEqualTo("cupule demo: " + sentence + "; cupule demo --help lists the options.");
    }

    /** Refused before any service is asked for. */
    private int demo(String... arguments) {
        var stream = new PrintStream(err, true);
        var here = Path.of("");
        return new DemoCommand(null, null).apply(Map.of(CommandLine.ARGUMENTS, arguments, CommandLine.IN,
                InputStream.nullInputStream(), CommandLine.OUT, stream, CommandLine.ERR, stream, CommandLine.TERMINAL,
                false, CommandLine.HOME, here, CommandLine.BUNDLES, here, CommandLine.PLUGINS, here));
    }
}
