package dev.muster.compare;

import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.HorizontalBarChartBuilder;

/** The medians as bars, the fastest on top. */
final class BarChart {
  private static final int WIDTH = 900;
  private static final int HEIGHT_ROW = 44;
  private static final int HEIGHT_REST = 110;
  private static final int FONT_SIZE = 13;
  private static final int TICKS = 5;
  private static final Color BAR = new Color(0x2f6f9f);

  private BarChart() {}

  /** Writes it as SVG. Rows without rates are not shown; without any, there is no chart. */
  static void write(List<Row> rows, Path file) throws IOException {
    List<String> names = new ArrayList<>();
    List<Long> medians = new ArrayList<>();
    rows.stream()
        .filter(row -> row.rates() != null)
        .sorted(Comparator.comparingLong(BarChart::median).reversed())
        .forEach(
            row -> {
              names.add(
                  row.name()
                      + ": "
                      + whole((double) median(row))); // a short bar has no room for it
              medians.add(median(row));
            });
    if (names.isEmpty()) {
      return;
    }
    HorizontalBarChart chart =
        new HorizontalBarChartBuilder()
            .width(WIDTH)
            .height(HEIGHT_REST + HEIGHT_ROW * names.size())
            .title("Whole lives of tasks a second; fsync before an answer, unless said otherwise")
            .build();
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setSeriesColors(new Color[] {BAR});
    chart.getStyler().setPlotGridHorizontalLinesVisible(false);
    chart.getStyler().setBaseFont(new Font(Font.SANS_SERIF, Font.PLAIN, FONT_SIZE));
    chart.getStyler().setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, FONT_SIZE));
    chart.getStyler().setYAxisTickMarkSpacingHint(HEIGHT_ROW / 4); // each bar has its name
    chart.getStyler().setXAxisTickLabelsFormattingFunction(BarChart::whole);
    chart.getStyler().setXAxisMin(0.0);
    chart.getStyler().setXAxisMaxLabelCount(TICKS);
    chart.getStyler().setLabelsVisible(false);
    chart.addSeries("lives a second", medians, names);
    try (OutputStream out = Files.newOutputStream(file)) {
      ChartEncoder.saveChart(chart, out, "svg");
    }
  }

  private static long median(Row row) {
    Rates rates = row.rates();
    return rates == null ? 0 : rates.median();
  }

  private static String whole(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }
}
