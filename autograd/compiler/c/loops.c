/* Turn n samples of so many numbers each, one after the other, into rows, sixteen at a
   time: they stay in the nearest cache. */
static void load(long count, long n, real *restrict rows, const real *x,
                 const long *order, long first)
{
    for (long start = 0; start < count; start += 16) {
        const long stop = start + 16 < count ? start + 16 : count;
        for (long b = 0; b < n; b++) {
            const real *sample = x + (order ? order[first + b] : first + b) * count;
            for (long j = start; j < stop; j++)
                rows[j * TILE + b] = sample[j];
        }
    }
}

/* out[i][b] = first[i] + sum over t of m[i][t] * u[t][b], for size rows of results.
   Without first (NULL) sums begin with 0, or with what is in out if add is set. Four
   rows and four terms at a time are sixteen multiplications for eight loads, which is
   what vector units want. */
#ifdef FP_FAST_FMA /* then sums of products are not to be reordered */
#define FOUR(a, b, c, d, e, f, g, h, sum) \
    fma(a, b, fma(c, d, fma(e, f, fma(g, h, sum))))
#else
#define FOUR(a, b, c, d, e, f, g, h, sum) \
    ((a) * (b) + (c) * (d) + (e) * (f) + (g) * (h) + (sum))
#endif

static void product_4(long terms, long n, int add, real *restrict out, long dout,
                      const real *first, long dfirst, const real *m, long di, long dt,
                      const real *u, long du)
{
    real *out0 = out, *out1 = out + dout, *out2 = out1 + dout, *out3 = out2 + dout;
    if (!add) {
        const real e0 = first ? first[0] : 0, e1 = first ? first[dfirst] : 0;
        const real e2 = first ? first[2 * dfirst] : 0;
        const real e3 = first ? first[3 * dfirst] : 0;
        for (long b = 0; b < n; b++) {
            out0[b] = e0;
            out1[b] = e1;
            out2[b] = e2;
            out3[b] = e3;
        }
    }
    long t = 0;
    for (; t + 4 <= terms; t += 4, m += 4 * dt, u += 4 * du) {
        const real *m1 = m + dt, *m2 = m1 + dt, *m3 = m2 + dt;
        const real a0 = m[0], a1 = m1[0], a2 = m2[0], a3 = m3[0];
        const real b0 = m[di], b1 = m1[di], b2 = m2[di], b3 = m3[di];
        const real c0 = m[2 * di], c1 = m1[2 * di], c2 = m2[2 * di], c3 = m3[2 * di];
        const real d0 = m[3 * di], d1 = m1[3 * di], d2 = m2[3 * di], d3 = m3[3 * di];
        for (long b = 0; b < n; b++) {
            const real u0 = u[b], u1 = u[b + du], u2 = u[b + 2 * du];
            const real u3 = u[b + 3 * du];
            out0[b] = FOUR(a0, u0, a1, u1, a2, u2, a3, u3, out0[b]);
            out1[b] = FOUR(b0, u0, b1, u1, b2, u2, b3, u3, out1[b]);
            out2[b] = FOUR(c0, u0, c1, u1, c2, u2, c3, u3, out2[b]);
            out3[b] = FOUR(d0, u0, d1, u1, d2, u2, d3, u3, out3[b]);
        }
    }
    for (; t < terms; t++, m += dt, u += du) {
        const real a = m[0], b0 = m[di], c = m[2 * di], d = m[3 * di];
        for (long b = 0; b < n; b++) {
            out0[b] += a * u[b];
            out1[b] += b0 * u[b];
            out2[b] += c * u[b];
            out3[b] += d * u[b];
        }
    }
}

static void product_1(long terms, long n, int add, real *restrict out,
                      const real *first, const real *m, long dt, const real *u, long du)
{
    const real e = first ? first[0] : 0;
    if (!add)
        for (long b = 0; b < n; b++)
            out[b] = e;
    long t = 0;
    for (; t + 4 <= terms; t += 4, m += 4 * dt, u += 4 * du) {
        const real a0 = m[0], a1 = m[dt], a2 = m[2 * dt], a3 = m[3 * dt];
        for (long b = 0; b < n; b++)
            out[b] = FOUR(a0, u[b], a1, u[b + du], a2, u[b + 2 * du], a3,
                          u[b + 3 * du], out[b]);
    }
    for (; t < terms; t++, m += dt, u += du)
        for (long b = 0; b < n; b++)
            out[b] += m[0] * u[b];
}

static void product(long size, long terms, long n, int add, real *restrict out,
                    long dout, const real *first, long dfirst, const real *m, long di,
                    long dt, const real *u, long du)
{
    const long most = 64; /* terms at a time: their rows stay in the nearest cache */
    for (long t = 0; t < terms || t == 0; t += most, add = 1) {
        const long some = terms - t < most ? terms - t : most;
        const real *mt = m + t * dt, *ut = u + t * du;
        long i = 0;
        for (; i + 4 <= size; i += 4)
            product_4(some, n, add, out + i * dout, dout,
                      first ? first + i * dfirst : NULL, dfirst, mt + i * di, di, dt,
                      ut, du);
        for (; i < size; i++)
            product_1(some, n, add, out + i * dout, first ? first + i * dfirst : NULL,
                      mt + i * di, dt, ut, du);
    }
}

/* Turn rows into lines, one for each sample, padded by zeros to whole vectors; eight
   rows at a time, which stay in the nearest cache. */
static void transpose(long columns, long n, real *restrict lines, const real *rows,
                      long d)
{
    const long width = (columns + 7) / 8 * 8;
    for (long start = 0; start < width; start += 8) {
        const long stop = start + 8 < columns ? start + 8 : columns;
        if (stop - start == 8)
            for (long b = 0; b < n; b++)
                for (long j = 0; j < 8; j++)
                    lines[b * width + start + j] = rows[(start + j) * d + b];
        else
            for (long b = 0; b < n; b++) {
                for (long j = start; j < stop; j++)
                    lines[b * width + j] = rows[j * d + b];
                for (long j = stop; j < start + 8; j++)
                    lines[b * width + j] = 0;
            }
    }
}

/* Give the samples as lines: where they lie, or brought together in their order. */
static const real *gather_lines(long columns, long n, real *restrict lines,
                                const real *x, const long *order, long first)
{
    if (!order)
        return x + first * columns;
    for (long b = 0; b < n; b++)
        memcpy(lines + b * columns, x + order[first + b] * columns,
               (size_t)columns * sizeof(real));
    return lines;
}

/* Add the block, scaled, to the gradient, or set the gradient to it. */
static void put(long size, long columns, real *restrict g, long di, long dj,
                const real *block, long width, real scale, int add)
{
    for (long i = 0; i < size; i++)
        for (long j = 0; j < columns; j++) {
            const real old = add ? g[i * di + j * dj] : 0;
            g[i * di + j * dj] = old + scale * block[i * width + j];
        }
}

/* The gradient of a matrix: the sum over the samples of left[i][b] * lines[b][j], some
   columns at a time: their lines stay in the nearest cache. */
static void outer(long size, long columns, long n, real *restrict g, long di, long dj,
                  real scale, int add, const real *left, long dl, const real *lines,
                  long width, real *restrict block)
{
    const long most = 64;
    for (long j = 0; j < columns; j += most) {
        const long some = width - j < most ? width - j : most;
        product(size, n, some, 0, block, some, NULL, 0, left, dl, 1, lines + j, width);
        put(size, some < columns - j ? some : columns - j, g + j * dj, di, dj, block,
            some, scale, add);
    }
}

/* Add the block, scaled and times factors, to the gradient: the table has pairs of the
   place in the gradient and the factor. */
static void put_at(long size, long columns, real *restrict g, const real *s,
                   const int *at, const real *block, long width, real scale)
{
    for (long i = 0; i < size; i++)
        for (long j = 0; j < columns; j++, at += 2)
            g[at[0]] += s[at[1]] * scale * block[i * width + j];
}

/* Bring rows together from where a table says. */
static void gather_rows(long count, long n, real *restrict out, const real *r,
                        const int *at)
{
    for (long i = 0; i < count; i++)
        memcpy(out + i * TILE, r + (long)at[i] * TILE, (size_t)n * sizeof(real));
}

/* Bring numbers together from where a table says. */
static void gather_numbers(long count, real *restrict out, const real *s, const int *at)
{
    for (long i = 0; i < count; i++)
        out[i] = s[at[i]];
}

/* Sums of any shape: the table lists for each of them the number it begins with, the
   rows to add and to subtract, the pairs of a number and a row, and the triples of a
   number and two rows. */
static void sums(long count, long n, real *restrict out, const real *s, const real *r,
                 const int *at, long plus, long minus, long scaled, long products)
{
    for (long i = 0; i < count; i++, out += TILE) {
        real sum[TILE];
        const real first = s[*at++];
        for (long b = 0; b < n; b++)
            sum[b] = first;
        for (long k = 0; k < plus; k++) {
            const real *x = r + (long)*at++ * TILE;
            for (long b = 0; b < n; b++)
                sum[b] += x[b];
        }
        for (long k = 0; k < minus; k++) {
            const real *x = r + (long)*at++ * TILE;
            for (long b = 0; b < n; b++)
                sum[b] -= x[b];
        }
        for (long k = 0; k < scaled; k++, at += 2) {
            const real p = s[at[0]], *x = r + (long)at[1] * TILE;
            for (long b = 0; b < n; b++)
                sum[b] += p * x[b];
        }
        for (long k = 0; k < products; k++, at += 3) {
            const real c = s[at[0]], *x = r + (long)at[1] * TILE;
            const real *y = r + (long)at[2] * TILE;
            for (long b = 0; b < n; b++)
                sum[b] += c * x[b] * y[b];
        }
        for (long b = 0; b < n; b++)
            out[b] = sum[b];
    }
}

/* Sums of any shape, once per call: of numbers, listed as rows are for other sums. */
static void shared_sums(long count, real *restrict out, const real *s, const int *at,
                        long plus, long minus, long scaled, long products)
{
    for (long i = 0; i < count; i++) {
        real sum = s[*at++];
        for (long k = 0; k < plus; k++)
            sum += s[*at++];
        for (long k = 0; k < minus; k++)
            sum -= s[*at++];
        for (long k = 0; k < scaled; k++, at += 2)
            sum += s[at[0]] * s[at[1]];
        for (long k = 0; k < products; k++, at += 3)
            sum += s[at[0]] * s[at[1]] * s[at[2]];
        out[i] = sum;
    }
}

/* Add to the gradient the sums of rows over the samples, each times a number. The table
   has for each of them: the place in the gradient, the number, the row. */
static void add_rows(long count, long n, real *restrict g, const real *s, const real *r,
                     const int *at, real scale, int add)
{
    for (long i = 0; i < count; i++, at += 3) {
        const real *x = r + (long)at[2] * TILE;
        real sum = 0;
        for (long b = 0; b < n; b++)
            sum += x[b];
        g[at[0]] = (add ? g[at[0]] : 0) + s[at[1]] * scale * sum;
    }
}

/* Add to the gradient the sums of products of two rows over the samples, each times a
   number. The table has: the place in the gradient, the number, the rows. */
static void add_products(long count, long n, real *restrict g, const real *s,
                         const real *r, const int *at, real scale, int add)
{
    for (long i = 0; i < count; i++, at += 4) {
        const real *x = r + (long)at[2] * TILE, *y = r + (long)at[3] * TILE;
        real sum = 0;
        for (long b = 0; b < n; b++)
            sum += x[b] * y[b];
        g[at[0]] = (add ? g[at[0]] : 0) + s[at[1]] * scale * sum;
    }
}

/* Add numbers to the gradient; the table has pairs of places. */
static void add_numbers(long count, real *restrict g, const real *s, const int *at)
{
    for (long i = 0; i < count; i++, at += 2)
        g[at[0]] += s[at[1]];
}
